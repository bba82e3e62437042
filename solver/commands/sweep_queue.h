/* The program's ranks in groups, which take numbers 0, 1, 2, .. in turn, each the next one that is free. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  MPI_Comm group; /* this rank's; MPI_COMM_NULL: it belongs to none, and waits */
  int groups, idle;
  MPI_Win window; /* rank 0 keeps the counter */
  int *counter;
} SgdSweepQueue;

/* Groups of `ranks` ranks each; what is left over is idle. Collective on world. */
PETSC_INTERN PetscErrorCode SgdSweepQueueOpen(MPI_Comm world, int ranks, SgdSweepQueue *q);
/* The next number. Collective on the group. */
PETSC_INTERN PetscErrorCode SgdSweepQueueNext(SgdSweepQueue *q, int *number);
/* From here on everybody gets numbers beyond all counts. Collective on the group. */
PETSC_INTERN PetscErrorCode SgdSweepQueueStop(SgdSweepQueue *q);
/* Collective on world. */
PETSC_INTERN PetscErrorCode SgdSweepQueueClose(SgdSweepQueue *q);
