#include "solver/evolution/evolveimpl.h"
#include "solver/evolution/tschebyshev.h"

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
