#include "solver/evolution/evolveimpl.h"
#include "solver/evolution/tschebyshev.h"
#include "solver/evolution/tsrational.h"

/* What an integrator remembers besides the density. */
typedef struct {
  double step, wait, time, memory, tolerance; /* memory: of an adaptive step size, or of the longest calm stretch */
} Memory;

static PetscErrorCode GetMemory(SgdEvolution e, Memory *m) {
  PetscBool chebyshev, rational;

  PetscFunctionBegin;
  *m = (Memory){.step = (double)e->step, .wait = (double)e->wait};
  PetscCall(TSGetTime(e->ts, &m->time));
  PetscCall(TSGetTimeStep(e->ts, &m->memory));
  PetscCall(TSGetTolerances(e->ts, &m->tolerance, NULL, NULL, NULL));
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDCHEBYSHEV, &chebyshev));
  if (chebyshev) PetscCall(SgdTSChebyshevGetLongest(e->ts, &m->memory));
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDRATIONAL, &rational));
  if (rational) m->memory = 0; /* nothing, and none of Chebyshev's if that comes next */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetMemory(SgdEvolution e, const Memory *m) {
  PetscBool chebyshev;
  PetscReal relative;

  PetscFunctionBegin;
  e->step = (PetscInt)m->step;
  e->wait = (PetscInt)m->wait;
  if (SgdModelGetKind(e->model) == SGD_MAP) PetscCall(TSSetStepNumber(e->ts, e->step));
  PetscCall(TSSetTime(e->ts, m->time));
  PetscCall(PetscObjectTypeCompare((PetscObject)e->ts, TSSGDCHEBYSHEV, &chebyshev));
  if (chebyshev && m->memory > 0) PetscCall(SgdTSChebyshevSetLongest(e->ts, m->memory));
  if (SgdModelGetKind(e->model) == SGD_GENERATOR && !e->exact) {
    PetscCall(TSSetTimeStep(e->ts, m->memory));
    /* said again, as what leaves it as it is differs between releases of PETSc */
    PetscCall(TSGetTolerances(e->ts, NULL, NULL, &relative, NULL));
    PetscCall(TSSetTolerances(e->ts, m->tolerance, NULL, relative, NULL));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEvolutionCheckpoint(SgdEvolution e, SgdCheckpoint c, const char *name) {
  char path[128];
  Memory m;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/density", name));
  PetscCall(SgdCheckpointState(c, path, e->y));
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/integrator", name));
  PetscCall(GetMemory(e, &m));
  PetscCall(SgdCheckpointShared(c, path, sizeof m, &m));
  if (SgdCheckpointReading(c)) PetscCall(SetMemory(e, &m));
  PetscFunctionReturn(PETSC_SUCCESS);
}
