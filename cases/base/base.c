#include "cases/base/base.h"
#include <stdio.h>
#include <string.h>

/* PETSc's own codes are below 256 (PETSC_ERR_MAX_VALUE); ours are this plus the exit code. */
#define SGD_ERR_BASE 4000

static PetscBool IsUserError(PetscErrorCode ierr) {
  return (PetscBool)(ierr > SGD_ERR_BASE && ierr <= SGD_ERR_BASE + 255);
}

PetscErrorCode SgdErrorCode(SgdExit exit) {
  return (PetscErrorCode)(SGD_ERR_BASE + (int)exit);
}

PetscErrorCode SgdAgree(MPI_Comm comm, int *bad) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bad, 1, MPI_INT, MPI_MAX, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdExitCode(PetscErrorCode ierr) {
  if (!ierr) return SGD_EXIT_DONE;
  return IsUserError(ierr) ? (int)ierr - SGD_ERR_BASE : 1;
}

/* PETSc's own reallocation gives another code (3.18: the line it was called from). */
static PetscBool OfMemory(PetscErrorCode n, const char *function) {
  return (PetscBool)(n == PETSC_ERR_MEM || (function && !strncmp(function, "Petsc", 5) && strstr(function, "alloc")));
}

/* One line from the rank that has none left; the others end with it. */
static void SayNoMemory(const char *message) {
  PetscMPIInt rank = 0, ranks = 1;

  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  fprintf(stderr,
          "sgdfp: not enough memory on rank %d of %d (%s): a coarser grid (slice.cells), fewer models or trajectories, "
          "or more ranks on more nodes need less on each; sgdfp check says how much\n",
          rank, ranks, message);
}

static PetscBool starved; /* this rank has said so */

static PetscErrorCode QuietHandler(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode n,
                                   PetscErrorType type, const char *message, void *ctx) {
  if (IsUserError(n)) return n;
  if (type == PETSC_ERROR_INITIAL && OfMemory(n, function)) {
    if (!starved) SayNoMemory(message);
    starved = PETSC_TRUE;
  }
  if (starved) return n; /* on its way up */
  return PetscTraceBackErrorHandler(comm, line, function, file, n, type, message, ctx);
}

PetscErrorCode SgdErrorHandlerPush(void) {
  return PetscPushErrorHandler(QuietHandler, NULL);
}
