#include "solver/evolution/evolveimpl.h"
#include "cases/base/package.h"
#include "solver/evolution/tschebyshev.h"
#include "solver/evolution/tsmap.h"
#include "solver/evolution/tsrational.h"
#include "solver/evolution/tsuniform.h"

PetscErrorCode SgdEvolutionLook(TS ts, PetscBool *stop) {
  SgdEvolution e;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &e));
  PetscCall(SgdWatchLook(e->watch));
  *stop = e->given_up = (PetscBool)(e->watch && e->watch->signal); /* a checkpoint that is due can wait */
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step of a map is one of SGD. */
static PetscErrorCode NoteMap(SgdEvolution e) {
  PetscInt step;
  Vec y;

  PetscFunctionBegin;
  if (SgdModelGetKind(e->model) != SGD_MAP) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(TSGetStepNumber(e->ts, &step));
  PetscCall(TSGetSolution(e->ts, &y));
  PetscCall(SgdStepMomentsAdd(e->record, e->number, e->from + step, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between two steps of the integrator. */
static PetscErrorCode LookUp(TS ts) {
  SgdEvolution e;

  PetscFunctionBegin;
  PetscCall(TSGetApplicationContext(ts, &e));
  PetscCall(NoteMap(e));
  PetscCall(SgdWatchLook(e->watch));
  if (SgdWatchPaused(e->watch)) PetscCall(TSSetConvergedReason(ts, TS_CONVERGED_USER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpMap(SgdEvolution e) {
  PetscFunctionBegin;
  PetscCall(TSSetType(e->ts, TSSGDMAP));
  PetscCall(SgdTSMapSetOperator(e->ts, SgdModelOperator(e->model)));
  PetscCall(TSSetTimeStep(e->ts, e->eta));
  PetscCall(TSSetMaxTime(e->ts, PETSC_MAX_REAL));
  PetscCall(TSSetExactFinalTime(e->ts, TS_EXACTFINALTIME_STEPOVER));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionCreate(SgdModel model, SgdGrid grid, double eta, Vec y0, SgdEvolution *evolution) {
  SgdEvolution e;
  char prefix[80];

  PetscFunctionBegin;
  PetscCall(SgdTSMapRegister());
  PetscCall(SgdTSUniformRegister());
  PetscCall(SgdTSChebyshevRegister());
  PetscCall(SgdTSRationalRegister());
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
  if (SgdModelGetKind(model) == SGD_MAP)
    PetscCall(SetUpMap(e));
  else
    PetscCall(SgdEvolutionSetUpGenerator(e, grid));
  *evolution = e;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One run of the integrator, towards `step`. */
static PetscErrorCode Solve_TS(SgdEvolution e, PetscInt step) {
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
  PetscCall(Solve_TS(e, step));
  PetscCall(SgdTSMapSettle(e->ts));
  PetscCall(TSGetStepNumber(e->ts, &e->step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Factorisations of another stretch cannot be stopped halfway. */
static PetscErrorCode SecureFactors(SgdEvolution e, PetscInt n) {
  PetscBool rational;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDRATIONAL, &rational));
  if (!rational || n == e->factored) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdWatchSecure(e->watch));
  if (!SgdWatchPaused(e->watch)) e->factored = n;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A step of the integrator is a stretch of SGD's. */
static PetscErrorCode StepExponential(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  while (e->step < step && !SgdWatchPaused(e->watch)) {
    PetscCall(SgdEvolutionChoose(e, step - e->step));
    const PetscInt n = PetscMin(e->stretch, step - e->step);
    PetscInt taken;
    PetscCall(SecureFactors(e, n));
    if (SgdWatchPaused(e->watch)) break;
    PetscCall(TSGetStepNumber(e->ts, &taken));
    PetscCall(TSSetMaxSteps(e->ts, taken + 1));
    PetscCall(TSSetTimeStep(e->ts, e->eta * (double)n));
    PetscCall(Solve_TS(e, step));
    if (e->given_up) continue;
    e->step += n;
    PetscCall(SgdStepMomentsAdd(e->record, e->number, e->from + e->step, e->y));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Adaptive: a pause falls between two steps of SGD, so e->step is moved on only at the end. */
static PetscErrorCode StepAdaptive(SgdEvolution e, PetscInt step) {
  PetscReal time;

  PetscFunctionBegin;
  PetscCall(TSSetMaxTime(e->ts, e->eta * (double)step));
  PetscCall(Solve_TS(e, step));
  PetscCall(TSGetTime(e->ts, &time));
  if (time >= e->eta * (double)step) e->step = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StepTo(SgdEvolution e, PetscInt step) {
  PetscFunctionBegin;
  if (step == e->step) PetscFunctionReturn(PETSC_SUCCESS);
  if (SgdModelGetKind(e->model) == SGD_MAP)
    SgdLogged(SGD_Step, StepMap(e, step));
  else
    SgdLogged(SGD_Step, e->exact ? StepExponential(e, step) : StepAdaptive(e, step));
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

/* The state has been carried to `step` by the slow modes: note the step and report the bound of the error. */
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
  if (!e->leap) PetscCall(SgdWatchSecure(e->watch));
  if (SgdWatchPaused(e->watch)) PetscFunctionReturn(PETSC_SUCCESS);
  if (!e->leap) SgdLogged(SGD_Leap, CreateLeap(e));
  const PetscInt pause = SgdLeapPause(e->leap);
  PetscCall(StepTo(e, PetscMax(e->step, e->wait))); /* a wait that was paused */
  while (!done && step - e->step > pause && !SgdWatchPaused(e->watch)) {
    SgdLogged(SGD_Leap, SgdLeapTry(e->leap, e->y, step - e->step, &done, residual));
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

void SgdEvolutionRecord(SgdEvolution e, SgdStepMoments s, int m, PetscInt from) {
  e->record = s;
  e->number = m;
  e->from = from;
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
