/* What long work checks between two steps: has a signal come, is a checkpoint due, is it time for a progress line?
   The ranks agree on the answers, so that all of them stop after the same step, and do so a few times a second however
   short the steps are. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  MPI_Comm comm;
  double interval;                   /* seconds between checkpoints; 0: only when a signal asks */
  PetscErrorCode (*report)(void *c); /* say how far it is, every few seconds; may be NULL */
  void *context;                     /* of report */
  /* the watch's own */
  double before, clock, saved, said; /* seconds: this rank's last agreement; agreed ones */
  PetscInt looks, next;              /* since the last agreement, and how many to the next */
  int signal;                        /* that asks to stop; 0: none */
  PetscBool pause;                   /* stop here: for the checkpoint, or for good where there is a signal */
} SgdWatch;

/* Start the clock, `already` seconds late, the most of any rank: what has gone into the work before counts for the first
   checkpoint. watch->comm is set. Collective. */
PETSC_INTERN PetscErrorCode SgdWatchStart(SgdWatch *watch, double already);
/* Between two steps, by all ranks. Sets watch->pause. watch NULL: nothing is checked. Collective. */
PETSC_INTERN PetscErrorCode SgdWatchLook(SgdWatch *watch);
/* Before work that cannot be stopped halfway (an eigensolver, a factorisation), by all ranks: sets watch->pause also where
   many seconds of work are not in a checkpoint yet, so that an end in the middle costs no more. Collective. */
PETSC_INTERN PetscErrorCode SgdWatchSecure(SgdWatch *watch);
static inline PetscBool SgdWatchPaused(const SgdWatch *watch) {
  return (PetscBool)(watch && watch->pause);
}
/* Other work begins, whose steps may be slower: the ranks agree again after its first. watch may be NULL. */
PETSC_INTERN void SgdWatchAnew(SgdWatch *watch);
/* The checkpoint is written: go on. */
PETSC_INTERN void SgdWatchRestart(SgdWatch *watch);
