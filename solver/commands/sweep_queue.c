#include "solver/commands/sweep_queue.h"
#include <limits.h>

PetscErrorCode SgdSweepQueueOpen(MPI_Comm world, int ranks, SgdSweepQueue *q) {
  PetscMPIInt size, rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(world, &size));
  PetscCallMPI(MPI_Comm_rank(world, &rank));
  if (ranks > size)
    return SgdFail(world, SGD_EXIT_CASE, "sweep.ranks: %d ranks a run, but the program has %d", ranks, size);
  q->groups = size / ranks;
  q->idle = size % ranks;
  PetscCallMPI(MPI_Comm_split(world, rank < q->groups * ranks ? rank / ranks : MPI_UNDEFINED, rank, &q->group));
  PetscCallMPI(MPI_Win_allocate(rank ? 0 : sizeof(int), sizeof(int), MPI_INFO_NULL, world, &q->counter, &q->window));
  if (!rank) {
    PetscCallMPI(MPI_Win_lock(MPI_LOCK_EXCLUSIVE, 0, 0, q->window));
    *q->counter = 0;
    PetscCallMPI(MPI_Win_unlock(0, q->window));
  }
  PetscCallMPI(MPI_Barrier(world));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The counter as it was before the operation with `number`. */
static PetscErrorCode Fetch(SgdSweepQueue *q, MPI_Op operation, int number, int *was) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(q->group, &rank));
  if (!rank) {
    PetscCallMPI(MPI_Win_lock(MPI_LOCK_SHARED, 0, 0, q->window));
    PetscCallMPI(MPI_Fetch_and_op(&number, was, MPI_INT, 0, 0, operation, q->window));
    PetscCallMPI(MPI_Win_unlock(0, q->window));
  }
  PetscCallMPI(MPI_Bcast(was, 1, MPI_INT, 0, q->group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepQueueNext(SgdSweepQueue *q, int *number) {
  return Fetch(q, MPI_SUM, 1, number);
}

PetscErrorCode SgdSweepQueueStop(SgdSweepQueue *q) {
  int was;

  return Fetch(q, MPI_MAX, INT_MAX / 2, &was);
}

PetscErrorCode SgdSweepQueueClose(SgdSweepQueue *q) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Win_free(&q->window)); /* waits for everybody */
  if (q->group != MPI_COMM_NULL) PetscCallMPI(MPI_Comm_free(&q->group));
  PetscFunctionReturn(PETSC_SUCCESS);
}
