#include "solver/evolution/evolveimpl.h"
#include "operators/matrices/conservative_solve.h"
#include "solver/evolution/tschebyshev.h"
#include "solver/evolution/tsrational.h"
#include "solver/evolution/tsuniform.h"
#include "operators/matrices/uniformised.h"

/* Lambda eta, the rate of the fastest cell per SGD step: what uniformisation costs in products with the generator. A
   stretch of n steps takes the Chebyshev series about sqrt(70 Lambda eta n), or Lambda eta n at worst. */
#define UNIFORM_LIMIT 100

/* Lambda t of the stretches into which an exponential is cut, so that checkpoints fall in between. Uniformisation takes
   Lambda t products and loses nothing by it; Chebyshev's series takes sqrt(70 Lambda t), here 3,700, and would take
   more in shorter ones. */
#define UNIFORM_STRETCH   400
#define CHEBYSHEV_STRETCH 2e5

/* Rational Krylov takes as long as Chebyshev's series does for a stretch of so many Lambda t, whether it factors or takes
   the grid's multigrid: measured on a double well at 256^2, 512^2 and 1024^2 (postprocess/bench/langevin_scipy.py), where
   its first stretch, set-up included, is as long as 500 to 640 products. From there on it is taken. */
#define RATIONAL_FROM 5e3
#define RATIONAL_ROW  30 /* entries a row at most: a long-ranged generator's factors would fill */

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
  PetscFunctionBegin;
  PetscCall(SgdSolverCheck(ksp));
  PetscCall(SgdConservativeStep(ksp, b, x, ((SgdEvolution)ctx)->shift));
  PetscFunctionReturn(PETSC_SUCCESS);
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
  if (!strcmp(type, TSSGDRATIONAL)) return "to an estimated error of 1e-12 a stretch, negative by no more than that";
  return "adaptive, local error 1e-5 of the largest cell's mass, not positive by construction";
}

/* The stretch, in SGD steps, from which on rational Krylov is cheaper; beyond any where it does not apply. */
static PetscErrorCode RationalFrom(SgdEvolution e, PetscInt *steps) {
  PetscBool assembled;
  PetscInt rows;
  MatInfo info;

  PetscFunctionBegin;
  *steps = PETSC_MAX_INT;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)e->L, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (!assembled || e->rate <= 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatGetInfo(e->L, MAT_GLOBAL_SUM, &info));
  PetscCall(MatGetSize(e->L, &rows, NULL));
  if (info.nz_used > RATIONAL_ROW * (double)rows) PetscFunctionReturn(PETSC_SUCCESS);
  *steps = (PetscInt)PetscMax(2, PetscMin(1e9, ceil(RATIONAL_FROM / e->rate)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscInt Stretch(double products, double each) {
  return (PetscInt)PetscMax(1, PetscMin(1e9, floor(products / each)));
}

/* The exponential of that type, or PETSC_FALSE in e->exact: a stock integrator. */
static PetscErrorCode SetUpExponential(SgdEvolution e, const char *type) {
  PetscFunctionBegin;
  PetscCall(TSSetType(e->ts, type));
  e->exact = PETSC_TRUE;
  if (!strcmp(type, TSSGDUNIFORM)) {
    PetscCall(SgdTSUniformSetGenerator(e->ts, e->L));
    PetscCall(SgdTSUniformSetLook(e->ts, SgdEvolutionLook));
    e->stretch = Stretch(UNIFORM_STRETCH, e->rate);
  } else if (!strcmp(type, TSSGDCHEBYSHEV)) {
    PetscCall(SgdTSChebyshevSetGenerator(e->ts, e->L));
    PetscCall(SgdTSChebyshevSetLook(e->ts, SgdEvolutionLook));
    e->stretch = Stretch(CHEBYSHEV_STRETCH, e->rate);
  } else if (!strcmp(type, TSSGDRATIONAL)) {
    PetscCall(SgdTSRationalSetGenerator(e->ts, e->L, e->grid));
    PetscCall(SgdTSRationalSetLook(e->ts, SgdEvolutionLook));
    e->stretch = PETSC_MAX_INT;
  } else
    e->exact = PETSC_FALSE;
  if (!e->exact) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
  PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionChoose(SgdEvolution e, PetscInt steps) {
  const char *type = steps >= e->rational_from ? TSSGDRATIONAL : e->usual;
  PetscBool same;

  PetscFunctionBegin;
  if (e->given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, type, &same));
  if (!same) PetscCall(SetUpExponential(e, type));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where a step of SGD costs few products, uniformisation, positive by construction; else Chebyshev's series, positive
   to rounding; and rational Krylov for stretches that would take either too many (SgdEvolutionChoose). On grids up to
   2048^2 they were cheaper than implicit steps of the same error (postprocess/bench), which are not positive.
   -<model>_ts_type decides otherwise. */
PetscErrorCode SgdEvolutionSetUpGenerator(SgdEvolution e, SgdGrid grid) {
  double Lambda;
  char prefix[80], type[64];

  PetscFunctionBegin;
  e->L = SgdModelOperator(e->model);
  e->grid = grid;
  PetscCall(SgdUniformRate(e->L, &Lambda));
  e->rate = Lambda * e->eta;
  e->usual = e->rate <= UNIFORM_LIMIT ? TSSGDUNIFORM : TSSGDCHEBYSHEV;
  PetscCall(RationalFrom(e, &e->rational_from));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_", SgdModelName(e->model)));
  PetscCall(PetscOptionsGetString(NULL, prefix, "-ts_type", type, sizeof type, &e->given));
  PetscCall(SetUpExponential(e, e->given ? type : e->usual));
  if (!e->exact) PetscCall(SetUpImplicit(e, grid));
  PetscCall(TSSetFromOptions(e->ts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionView(SgdEvolution e) {
  TSType type;

  PetscFunctionBegin;
  if (SgdModelGetKind(e->model) == SGD_MAP) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSGetType(e->ts, &type));
  PetscCall(SgdSay(PetscObjectComm((PetscObject)e->y), "  %s: in time %s, uniformisation rate %.3g a step; %s\n",
                   SgdModelName(e->model), type, e->rate, Promise(type)));
  if (!e->given && e->rational_from < PETSC_MAX_INT)
    PetscCall(SgdSay(PetscObjectComm((PetscObject)e->y),
                     "  %s: stretches between outputs of %" PetscInt_FMT " steps and more by %s, %s\n",
                     SgdModelName(e->model), e->rational_from, TSSGDRATIONAL, Promise(TSSGDRATIONAL)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
