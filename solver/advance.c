#include "advance.h"
#include "evolve.h"
#include "stages.h"

struct _p_SgdAdvance {
  SgdProblem *p;
  SgdEvolution evolution[SGD_MAX_MODELS];
  Vec y[SGD_MAX_MODELS];
  double seconds[SGD_MAX_MODELS];
  int piece;
};

/* Evolutions of the current piece, from y[m]. */
static PetscErrorCode Begin(SgdAdvance a) {
  SgdLeapOptions *leaps;

  PetscFunctionBegin;
  SgdMute((PetscBool)(a->piece > 0 && a->p->co_moving)); /* the integrators were named for the first piece */
  PetscCall(SgdLeapRead(a->p->kase, &leaps));
  for (int m = 0; m < a->p->models; m++) {
    SgdEvolution last = a->evolution[m];
    PetscCall(SgdEvolutionCreate(a->p->model[m], a->p->grid, a->p->settings.schedule.eta[a->piece], a->y[m],
                                 &a->evolution[m]));
    PetscCall(SgdEvolutionLeaps(a->evolution[m], a->p->grid, leaps));
    a->y[m] = SgdEvolutionState(a->evolution[m]);
    PetscCall(SgdEvolutionDestroy(&last));
  }
  SgdMute(PETSC_FALSE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAdvanceCreate(SgdProblem *p, Vec y0, SgdAdvance *advance) {
  SgdAdvance a;

  PetscFunctionBegin;
  PetscCall(PetscNew(&a));
  *advance = a;
  a->p = p;
  for (int m = 0; m < p->models; m++) a->y[m] = y0;
  PetscCall(Begin(a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model to step n of this piece of the schedule. */
static PetscErrorCode Within(SgdAdvance a, PetscInt n) {
  char stage[80];

  PetscFunctionBegin;
  for (int m = 0; m < a->p->models; m++) {
    const double before = MPI_Wtime();
    PetscCall(PetscSNPrintf(stage, sizeof stage, "Step:%s", SgdModelName(a->p->model[m])));
    PetscCall(SgdStagePush(stage));
    PetscCall(SgdEvolutionAdvance(a->evolution[m], n - a->p->settings.schedule.start[a->piece]));
    PetscCall(PetscLogStagePop());
    a->seconds[m] += MPI_Wtime() - before;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdAdvanceTo(SgdAdvance a, PetscInt n) {
  const SgdSchedule *s = &a->p->settings.schedule;

  PetscFunctionBegin;
  while (n > s->start[a->piece + 1]) {
    PetscCall(Within(a, s->start[a->piece + 1]));
    PetscCall(SgdProblemModelsOfPiece(a->p, ++a->piece));
    PetscCall(Begin(a));
  }
  PetscCall(Within(a, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

Vec *SgdAdvanceStates(SgdAdvance a) {
  return a->y;
}

int SgdAdvancePiece(SgdAdvance a) {
  return a->piece;
}

const double *SgdAdvanceSeconds(SgdAdvance a) {
  return a->seconds;
}

PetscErrorCode SgdAdvanceDestroy(SgdAdvance *a) {
  PetscFunctionBegin;
  if (!*a) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < (*a)->p->models; m++) PetscCall(SgdEvolutionDestroy(&(*a)->evolution[m]));
  PetscCall(PetscFree(*a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
