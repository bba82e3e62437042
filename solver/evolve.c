#include "evolve.h"
#include "tschebyshev.h"
#include "tsmap.h"
#include "tsuniform.h"
#include "uniformised.h"
#include "conservative_solve.h"

/* Lambda eta, the rate of the fastest cell per SGD step: what uniformisation costs in products with the generator. A
   stretch of n steps takes the Chebyshev series about sqrt(70 Lambda eta n), or Lambda eta n at worst. */
#define UNIFORM_LIMIT 100

/* Products with the generator, about, after which an exponential looks up: nothing is lost by cutting there. */
#define UNIFORM_STRETCH   400
#define CHEBYSHEV_STRETCH 4000

struct _p_SgdEvolution {
  SgdModel model;
  double eta, shift;
  PetscBool exact;  /* exponentials: steps end where they are told to, without an adaptor */
  PetscInt stretch; /* of an exponential: SGD steps at a time */
  PetscInt step;    /* SGD steps done */
  PetscInt wait;    /* the step at which to try again to leap */
  SgdWatch *watch;
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

/* What an integrator leaves of positivity. */
static const char *Promise(const char *type) {
  if (!strcmp(type, TSSGDUNIFORM)) return "exact to rounding, positive by construction";
  if (!strcmp(type, TSSGDCHEBYSHEV)) return "exact to rounding, negative by no more than rounding (1e-15 of the peak)";
  return "adaptive, local error 1e-5 of the largest cell's mass, not positive by construction";
}

static PetscInt Stretch(double products, double each) {
  return (PetscInt)PetscMax(1, PetscMin(1e9, floor(products / each)));
}

/* Where a step of SGD costs few products, uniformisation, positive by construction; else Chebyshev's series, positive
   to rounding. On grids up to 2048^2 either was cheaper than implicit steps of the same error (postprocess/bench),
   which are not positive. -<model>_ts_type decides otherwise. */
static PetscErrorCode SetUpGenerator(SgdEvolution e, SgdGrid grid) {
  double Lambda;
  char prefix[80], type[64];
  PetscBool given;

  PetscFunctionBegin;
  e->L = SgdModelOperator(e->model);
  PetscCall(SgdUniformRate(e->L, &Lambda));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", SgdModelName(e->model)));
  PetscCall(PetscOptionsGetString(NULL, prefix, "-ts_type", type, sizeof type, &given));
  if (!given)
    PetscCall(PetscStrncpy(type, Lambda * e->eta <= UNIFORM_LIMIT ? TSSGDUNIFORM : TSSGDCHEBYSHEV, sizeof type));
  PetscCall(TSSetType(e->ts, type));
  e->exact = PETSC_TRUE;
  if (!strcmp(type, TSSGDUNIFORM)) {
    PetscCall(SgdTSUniformSetGenerator(e->ts, e->L));
    e->stretch = Stretch(UNIFORM_STRETCH, Lambda * e->eta);
  } else if (!strcmp(type, TSSGDCHEBYSHEV)) {
    PetscCall(SgdTSChebyshevSetGenerator(e->ts, e->L));
    e->stretch = Stretch(CHEBYSHEV_STRETCH, Lambda * e->eta);
  } else
    e->exact = PETSC_FALSE;
  if (e->exact) {
    PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
    PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  } else
    PetscCall(SetUpImplicit(e, grid));
  PetscCall(TSSetFromOptions(e->ts));
  PetscCall(SgdSay(grid->comm, "  %s: in time %s, uniformisation rate %.3g a step; %s\n", SgdModelName(e->model), type,
                   Lambda * e->eta, Promise(type)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between two steps of the integrator. */
static PetscErrorCode LookUp(TS ts) {
  SgdEvolution e;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &e));
  PetscCall(SgdWatchLook(e->watch));
  if (SgdWatchPaused(e->watch)) PetscCall(TSSetConvergedReason(ts, TS_CONVERGED_USER));
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
  PetscCall(TSSetApplicationContext(e->ts, e));
  PetscCall(TSSetPostStep(e->ts, LookUp));
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

/* One run of the integrator, towards `step`. */
static PetscErrorCode Solve(SgdEvolution e, PetscInt step) {
  TSConvergedReason reason;

  PetscFunctionBegin;
  PetscCall(TSSolve(e->ts, NULL));
  PetscCall(TSGetConvergedReason(e->ts, &reason));
  if (reason < 0)
    return SgdFail(PetscObjectComm((PetscObject)e->ts), SGD_EXIT_NUMBERS,
                   "model %s: time integration failed at step %" PetscInt_FMT " (%s)", SgdModelName(e->model), step,
                   TSConvergedReasons[reason]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step of the integrator is one of SGD. */
static PetscErrorCode StepMap(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  PetscCall(TSSetMaxSteps(e->ts, step));
  PetscCall(Solve(e, step));
  PetscCall(SgdTSMapSettle(e->ts));
  PetscCall(TSGetStepNumber(e->ts, &e->step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step of the integrator is a stretch of SGD's. */
static PetscErrorCode StepExponential(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  while (e->step < step && !SgdWatchPaused(e->watch)) {
    const PetscInt n = PetscMin(e->stretch, step - e->step);
    PetscInt taken;
    PetscCall(TSGetStepNumber(e->ts, &taken));
    PetscCall(TSSetMaxSteps(e->ts, taken + 1));
    PetscCall(TSSetTimeStep(e->ts, e->eta * (double)n));
    PetscCall(Solve(e, step));
    e->step += n;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adaptive: a pause falls between two steps of SGD, so e->step is moved on only at the end. */
static PetscErrorCode StepAdaptive(SgdEvolution e, PetscInt step) {
  PetscReal time;

  PetscFunctionBegin;
  PetscCall(TSSetMaxTime(e->ts, e->eta * (double)step));
  PetscCall(Solve(e, step));
  PetscCall(TSGetTime(e->ts, &time));
  if (time >= e->eta * (double)step) e->step = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StepTo(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  if (step == e->step) PetscFunctionReturn(PETSC_SUCCESS);
  if (SgdModelGetKind(e->model) == SGD_MAP)
    PetscCall(StepMap(e, step));
  else
    PetscCall(e->exact ? StepExponential(e, step) : StepAdaptive(e, step));
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
  if (!e->leap && !e->wait && step - e->step < SGD_LEAP_LEAST) PetscFunctionReturn(PETSC_SUCCESS);
  if (!e->leap) PetscCall(CreateLeap(e));
  const PetscInt pause = SgdLeapPause(e->leap);
  PetscCall(StepTo(e, PetscMax(e->step, e->wait))); /* a wait that was paused */
  while (!done && step - e->step > pause && !SgdWatchPaused(e->watch)) {
    PetscCall(SgdLeapTry(e->leap, e->y, step - e->step, &done, residual));
    if (done)
      PetscCall(Leapt(e, step, residual));
    else
      PetscCall(StepTo(e, e->wait = e->step + pause));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionAdvance(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  if (e->leaps) PetscCall(LeapTo(e, step));
  if (!SgdWatchPaused(e->watch)) PetscCall(StepTo(e, step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionLeaps(SgdEvolution e, SgdGrid grid, const SgdLeapOptions *o) {
  PetscFunctionBegin;
  PetscCall(SgdLeapDestroy(&e->leap));
  e->grid = grid;
  e->leaps = o->eigenpairs ? o : NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdEvolutionWatch(SgdEvolution e, SgdWatch *watch) {
  e->watch = watch;
}

double SgdEvolutionStep(SgdEvolution e) {
  PetscReal time = 0;
  PetscInt steps = 0;

  if (SgdModelGetKind(e->model) == SGD_MAP) {
    (void)TSGetStepNumber(e->ts, &steps);
    return (double)steps;
  }
  if (e->exact) return (double)e->step;
  (void)TSGetTime(e->ts, &time);
  return time / e->eta;
}

/* What an integrator remembers besides the density. */
typedef struct {
  double step, wait, time, memory, tolerance; /* memory: of an adaptive step size, or of the longest calm stretch */
} Mark;

static PetscErrorCode GetMark(SgdEvolution e, Mark *mark) {
  PetscBool chebyshev;

  PetscFunctionBegin;
  *mark = (Mark){.step = (double)e->step, .wait = (double)e->wait};
  PetscCall(TSGetTime(e->ts, &mark->time));
  PetscCall(TSGetTimeStep(e->ts, &mark->memory));
  PetscCall(TSGetTolerances(e->ts, &mark->tolerance, NULL, NULL, NULL));
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDCHEBYSHEV, &chebyshev));
  if (chebyshev) PetscCall(SgdTSChebyshevGetLongest(e->ts, &mark->memory));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetMark(SgdEvolution e, const Mark *mark) {
  PetscBool chebyshev;

  PetscFunctionBegin;
  e->step = (PetscInt)mark->step;
  e->wait = (PetscInt)mark->wait;
  if (SgdModelGetKind(e->model) == SGD_MAP) PetscCall(TSSetStepNumber(e->ts, e->step));
  PetscCall(TSSetTime(e->ts, mark->time));
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDCHEBYSHEV, &chebyshev));
  if (chebyshev) PetscCall(SgdTSChebyshevSetLongest(e->ts, mark->memory));
  if (SgdModelGetKind(e->model) == SGD_GENERATOR && !e->exact) {
    PetscCall(TSSetTimeStep(e->ts, mark->memory));
    PetscCall(TSSetTolerances(e->ts, mark->tolerance, NULL, PETSC_DECIDE, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionTransfer(SgdEvolution e, SgdCheckpoint c, const char *name) {
  char path[128];
  Mark mark;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/density", name));
  PetscCall(SgdCheckpointState(c, path, e->y));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/mark", name));
  PetscCall(GetMark(e, &mark));
  PetscCall(SgdCheckpointShared(c, path, sizeof mark, &mark));
  if (SgdCheckpointReading(c)) PetscCall(SetMark(e, &mark));
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
