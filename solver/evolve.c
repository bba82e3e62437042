#include "evolve.h"
#include "tschebyshev.h"
#include "tsmap.h"
#include "tsuniform.h"
#include "uniformised.h"
#include "conservative_solve.h"

/* Lambda eta, the rate of the fastest cell per SGD step: what uniformisation costs in products with the generator; the
   Chebyshev series costs about sqrt(70 Lambda eta), or Lambda eta at worst. */
#define UNIFORM_LIMIT   100
#define CHEBYSHEV_LIMIT 4000

struct _p_SgdEvolution {
  SgdModel model;
  double eta, shift;
  PetscBool exact; /* exponentials: steps end where they are told to, without an adaptor */
  PetscInt step;   /* SGD steps done */
  TS ts;
  Vec y;
  SgdGrid grid;
  const SgdLeapOptions *leaps; /* NULL: every step is taken */
  SgdLeap leap;                /* NULL until it is first wanted */
  Mat L, J;                    /* generator; shift I - L */
};

/* F(ydot, y) = ydot - L y */
static PetscErrorCode IFunction(TS ts, PetscReal t, Vec y, Vec ydot, Vec F, void *ctx) {
  SgdEvolution e = ctx;

  PetscFunctionBegin;
  (void)ts, (void)t;
  PetscCall(MatMult(e->L, y, F));
  PetscCall(VecAYPX(F, -1.0, ydot));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* shift I - L, rebuilt only when the shift has changed, so that a factorisation lasts as long as the step size does. */
static PetscErrorCode IJacobian(TS ts, PetscReal t, Vec y, Vec ydot, PetscReal shift, Mat J, Mat P, void *ctx) {
  SgdEvolution e = ctx;

  PetscFunctionBegin;
  (void)ts, (void)t, (void)y, (void)ydot, (void)J;
  if (shift == e->shift) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatCopy(e->L, P, SAME_NONZERO_PATTERN));
  PetscCall(MatScale(P, -1.0));
  PetscCall(MatShift(P, shift));
  e->shift = shift;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The columns of shift I - L sum to `shift`. */
static PetscErrorCode PostSolve(KSP ksp, Vec b, Vec x, void *ctx) {
  return SgdConservativeStep(ksp, b, x, ((SgdEvolution)ctx)->shift);
}

/* Tolerances on cell masses: 1e-5 of each, and 1e-5 of the largest cell's where there is next to nothing. */
static PetscErrorCode SetTolerances(SgdEvolution e) {
  double peak;

  PetscFunctionBegin;
  PetscCall(VecMax(e->y, NULL, &peak));
  PetscCall(TSSetTolerances(e->ts, 1e-5 * peak, NULL, 1e-5, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A stock implicit integrator: Rosenbrock-W of order 3, L-stable, adaptive, unless the options say otherwise. */
static PetscErrorCode SetUpImplicit(SgdEvolution e, SgdGrid grid) {
  TSAdapt adapt;
  SNES snes;
  KSP ksp;

  PetscFunctionBegin;
  PetscCall(MatDuplicate(e->L, MAT_COPY_VALUES, &e->J));
  PetscCall(TSSetProblemType(e->ts, TS_LINEAR));
  PetscCall(TSSetIFunction(e->ts, NULL, IFunction, e));
  PetscCall(TSSetIJacobian(e->ts, e->J, e->J, IJacobian, e));
  PetscCall(TSSetTimeStep(e->ts, 0.1 * e->eta));
  PetscCall(TSSetMaxSteps(e->ts, PETSC_MAX_INT));
  PetscCall(TSGetAdapt(e->ts, &adapt));
  PetscCall(TSAdaptSetType(adapt, TSADAPTBASIC));
  PetscCall(SetTolerances(e));
  PetscCall(TSGetSNES(e->ts, &snes));
  PetscCall(SNESSetType(snes, SNESKSPONLY));
  PetscCall(SNESGetKSP(snes, &ksp));
  PetscCall(SgdSolverDefaults(ksp, grid->dim, grid->cells));
  PetscCall(KSPSetPostSolve(ksp, PostSolve, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const char *Default(double products) {
  if (products <= UNIFORM_LIMIT) return TSSGDUNIFORM;
  return products <= CHEBYSHEV_LIMIT ? TSSGDCHEBYSHEV : TSROSW;
}

/* Measured in 2D (products and solves, 128^2 .. 512^2): where a step of SGD costs few products, uniformisation,
   positive by construction; then Chebyshev's series, positive to rounding; on the finest grids implicit steps.
   -<model>_ts_type decides otherwise. */
static PetscErrorCode SetUpGenerator(SgdEvolution e, SgdGrid grid) {
  double Lambda;
  char prefix[80], type[64];
  PetscBool given;

  PetscFunctionBegin;
  e->L = SgdModelOperator(e->model);
  PetscCall(SgdUniformRate(e->L, &Lambda));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", SgdModelName(e->model)));
  PetscCall(PetscOptionsGetString(NULL, prefix, "-ts_type", type, sizeof type, &given));
  if (!given) PetscCall(PetscStrncpy(type, Default(Lambda * e->eta), sizeof type));
  PetscCall(TSSetType(e->ts, type));
  e->exact = PETSC_TRUE;
  if (!strcmp(type, TSSGDUNIFORM))
    PetscCall(SgdTSUniformSetGenerator(e->ts, e->L));
  else if (!strcmp(type, TSSGDCHEBYSHEV))
    PetscCall(SgdTSChebyshevSetGenerator(e->ts, e->L));
  else
    e->exact = PETSC_FALSE;
  if (e->exact) {
    PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
    PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  } else
    PetscCall(SetUpImplicit(e, grid));
  PetscCall(TSSetFromOptions(e->ts));
  PetscCall(SgdSay(grid->comm, "  %s: in time %s, %.3g products with the generator a step%s\n", SgdModelName(e->model),
                   type, Lambda * e->eta,
                   e->exact ? ", exact to rounding" : "; adaptive, local error 1e-5 of the largest cell's mass"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionCreate(SgdModel model, SgdGrid grid, double eta, Vec y0, SgdEvolution *evolution) {
  SgdEvolution e;
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(SgdTSMapRegister());
  PetscCall(SgdTSUniformRegister());
  PetscCall(SgdTSChebyshevRegister());
  PetscCall(PetscNew(&e));
  e->model = model;
  e->eta = eta;
  PetscCall(VecDuplicate(y0, &e->y));
  PetscCall(VecCopy(y0, e->y));
  PetscCall(TSCreate(grid->comm, &e->ts));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", SgdModelName(model)));
  PetscCall(TSSetOptionsPrefix(e->ts, prefix));
  PetscCall(TSSetSolution(e->ts, e->y));
  PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_MATCHSTEP));
  if (SgdModelGetKind(model) == SGD_MAP) {
    PetscCall(TSSetType(e->ts, TSSGDMAP));
    PetscCall(SgdTSMapSetOperator(e->ts, SgdModelOperator(model)));
    PetscCall(TSSetTimeStep(e->ts, eta));
    PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
    PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  } else {
    PetscCall(SetUpGenerator(e, grid));
  }
  *evolution = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StepTo(SgdEvolution e, PetscInt step) {
  TSConvergedReason reason;
  PetscInt taken;

  PetscFunctionBegin;
  if (step == e->step) PetscFunctionReturn(PETSC_SUCCESS);
  if (SgdModelGetKind(e->model) == SGD_MAP)
    PetscCall(TSSetMaxSteps(e->ts, step));
  else if (e->exact) {
    PetscCall(TSGetStepNumber(e->ts, &taken));
    PetscCall(TSSetMaxSteps(e->ts, taken + 1));
    PetscCall(TSSetTimeStep(e->ts, e->eta * (double)(step - e->step)));
  } else
    PetscCall(TSSetMaxTime(e->ts, e->eta * (double)step));
  PetscCall(TSSolve(e->ts, NULL));
  PetscCall(TSGetConvergedReason(e->ts, &reason));
  if (reason < 0)
    return SgdFail(PetscObjectComm((PetscObject)e->ts), SGD_EXIT_NUMBERS,
                   "model %s: time integration failed at step %" PetscInt_FMT " (%s)", SgdModelName(e->model), step,
                   TSConvergedReasons[reason]);
  e->step = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateLeap(SgdEvolution e) {
  PetscFunctionBegin;
  PetscCall(SgdLeapCreate(e->model, e->grid, e->eta, e->leaps, &e->leap));
  PetscCall(SgdSay(e->grid->comm,
                   "  %s: %d slow modes for leaps, %" PetscInt_FMT " applications of the operator (or solves)\n",
                   SgdModelName(e->model), SgdLeapModes(e->leap), SgdLeapApplications(e->leap)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* It stands at `step` now, without having been there. */
static PetscErrorCode Leapt(SgdEvolution e, PetscInt step, const double residual[2]) {
  PetscFunctionBegin;
  PetscCall(SgdSay(e->grid->comm,
                   "  %s: leapt from step %" PetscInt_FMT " to %" PetscInt_FMT
                   " by its slow modes, error at most %.1e (not in them: %.1e; their own: %.1e)\n",
                   SgdModelName(e->model), e->step, step, residual[0] + residual[1], residual[0], residual[1]));
  if (residual[1] > PetscMax(1e-8, e->leaps->tolerance))
    PetscCall(SgdWarn(e->grid->comm,
                      "model %s: over %" PetscInt_FMT " steps the residuals of its slow modes may add up to %.1e",
                      SgdModelName(e->model), step - e->step, residual[1]));
  e->step = step;
  PetscCall(TSSetStepNumber(e->ts, step));
  PetscCall(TSSetTime(e->ts, e->eta * (double)step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the slow modes hold the density, to the end at once; else on by a pause, and try again. */
static PetscErrorCode LeapTo(SgdEvolution e, PetscInt step) {
  PetscBool done = PETSC_FALSE;
  double residual[2];

  PetscFunctionBegin;
  if (!e->leap && step - e->step < SGD_LEAP_LEAST) PetscFunctionReturn(PETSC_SUCCESS);
  if (!e->leap) PetscCall(CreateLeap(e));
  const PetscInt pause = SgdLeapPause(e->leap);
  while (!done && step - e->step > pause) {
    PetscCall(SgdLeapTry(e->leap, e->y, step - e->step, &done, residual));
    if (done)
      PetscCall(Leapt(e, step, residual));
    else
      PetscCall(StepTo(e, e->step + pause));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionAdvance(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  if (e->leaps) PetscCall(LeapTo(e, step));
  PetscCall(StepTo(e, step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionLeaps(SgdEvolution e, SgdGrid grid, const SgdLeapOptions *o) {
  PetscFunctionBegin;
  PetscCall(SgdLeapDestroy(&e->leap));
  e->grid = grid;
  e->leaps = o->eigenpairs ? o : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

Vec SgdEvolutionState(SgdEvolution e) {
  return e->y;
}

PetscErrorCode SgdEvolutionDestroy(SgdEvolution *e) {
  PetscFunctionBegin;
  if (!*e) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSDestroy(&(*e)->ts));
  PetscCall(SgdLeapDestroy(&(*e)->leap));
  PetscCall(MatDestroy(&(*e)->J));
  PetscCall(VecDestroy(&(*e)->y));
  PetscCall(PetscFree(*e));
  PetscFunctionReturn(PETSC_SUCCESS);
}
