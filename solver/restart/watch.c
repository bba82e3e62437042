#include "solver/restart/watch.h"
#include "solver/restart/interrupt.h"
#include "cases/base/progress.h"

#define OFTEN   0.2 /* seconds between two agreements */
#define UNSAVED 15  /* seconds of work worth a checkpoint before what cannot be stopped halfway */

PetscErrorCode SgdWatchStart(SgdWatch *w, double already) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &already, 1, MPI_DOUBLE, MPI_MAX, w->comm)); /* ranks do not start at once */
  w->before = MPI_Wtime();
  w->clock = already;
  w->saved = w->said = 0;
  w->looks = 0;
  w->next = 1;
  w->signal = 0;
  w->pause = PETSC_FALSE;
  if (already > 0) w->said = already;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest signal and the longest time since the last agreement, over all ranks. */
static PetscErrorCode Agree(SgdWatch *w, double *elapsed) {
  const double now = MPI_Wtime();
  double both[2] = {SgdInterruptPending(), now - w->before};

  PetscFunctionBegin;
  w->before = now;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, both, 2, MPI_DOUBLE, MPI_MAX, w->comm));
  w->signal = (int)both[0];
  if (w->signal) SgdInterruptAnswered();
  *elapsed = both[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdWatchLook(SgdWatch *w) {
  double elapsed, wanted;

  PetscFunctionBegin;
  if (!w || ++w->looks < w->next) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Agree(w, &elapsed));
  wanted = (double)w->looks * OFTEN / PetscMax(elapsed, 1e-9);
  w->next = (PetscInt)PetscMax(1, PetscMin(wanted, 2.0 * (double)w->looks));
  w->looks = 0;
  w->clock += elapsed;
  SgdInterruptClosed(PETSC_FALSE);
  w->pause = (PetscBool)(w->signal || (w->interval > 0 && w->clock - w->saved >= w->interval));
  if (w->report && w->clock - w->said >= SgdProgressEvery()) {
    w->said = w->clock;
    PetscCall(w->report(w->context));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdWatchSecure(SgdWatch *w) {
  double elapsed;

  PetscFunctionBegin;
  if (!w) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Agree(w, &elapsed));
  SgdWatchAnew(w);
  w->clock += elapsed;
  w->pause = (PetscBool)(w->signal || (w->interval > 0 && w->clock - w->saved >= PetscMin(UNSAVED, w->interval)));
  SgdInterruptClosed((PetscBool)!w->pause);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdWatchRestart(SgdWatch *w) {
  w->saved = w->clock;
  w->pause = PETSC_FALSE;
}

void SgdWatchAnew(SgdWatch *w) {
  if (!w) return;
  w->looks = 0;
  w->next = 1;
}
