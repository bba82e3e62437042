#include "solver/evolution/evolveimpl.h"
#include "operators/matrices/conservative_solve.h"
#include "solver/evolution/tschebyshev.h"
#include "solver/evolution/tsuniform.h"
#include "operators/matrices/uniformised.h"

/* Lambda eta, the rate of the fastest cell per SGD step: what uniformisation costs in products with the generator. A
   stretch of n steps takes the Chebyshev series about sqrt(70 Lambda eta n), or Lambda eta n at worst. */
#define UNIFORM_LIMIT 100

/* An exponential is cut into stretches of about so many products with the generator, which costs nothing, so that
   signals and checkpoints are checked in between. */
#define UNIFORM_STRETCH   400
#define CHEBYSHEV_STRETCH 4000

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

/* What an integrator promises of positivity, in words. */
static const char *Promise(const char *type) {
  if (!strcmp(type, TSSGDUNIFORM)) return "exact to rounding, positive by construction";
  if (!strcmp(type, TSSGDCHEBYSHEV)) return "exact to rounding, negative by no more than rounding (1e-15 of the peak)";
  return "adaptive, local error 1e-5 of the largest cell's mass, not positive by construction";
}

static PetscInt Stretch(double products, double each) {
  return (PetscInt)PetscMax(1, PetscMin(1e9, floor(products / each)));
}

/* Exponentials of the generator have no error in time. e->exact: is the type one of them? rate: Lambda eta. */
static PetscErrorCode SetUpExact(SgdEvolution e, const char *type, double rate) {
  PetscFunctionBegin;
  e->exact = PETSC_TRUE;
  if (!strcmp(type, TSSGDUNIFORM)) {
    PetscCall(SgdTSUniformSetGenerator(e->ts, e->L));
    PetscCall(SgdTSUniformSetLook(e->ts, SgdEvolutionLook));
    e->stretch = Stretch(UNIFORM_STRETCH, rate);
  } else if (!strcmp(type, TSSGDCHEBYSHEV)) {
    PetscCall(SgdTSChebyshevSetGenerator(e->ts, e->L));
    PetscCall(SgdTSChebyshevSetLook(e->ts, SgdEvolutionLook));
    e->stretch = Stretch(CHEBYSHEV_STRETCH, rate);
  } else
    e->exact = PETSC_FALSE;
  if (!e->exact) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
  PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where a step of SGD costs few products, uniformisation, positive by construction; else Chebyshev's series, positive
   to rounding. On grids up to 2048^2 either was cheaper than implicit steps of the same error (postprocess/bench),
   which are not positive. -<model>_ts_type decides otherwise. */
PetscErrorCode SgdEvolutionSetUpGenerator(SgdEvolution e, SgdGrid grid) {
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
  PetscCall(SetUpExact(e, type, Lambda * e->eta));
  if (!e->exact) PetscCall(SetUpImplicit(e, grid));
  PetscCall(TSSetFromOptions(e->ts));
  e->rate = Lambda * e->eta;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionView(SgdEvolution e) {
  TSType type;

  PetscFunctionBegin;
  if (SgdModelGetKind(e->model) == SGD_MAP) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSGetType(e->ts, &type));
  PetscCall(SgdSay(PetscObjectComm((PetscObject)e->y), "  %s: in time %s, uniformisation rate %.3g a step; %s\n",
                   SgdModelName(e->model), type, e->rate, Promise(type)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
