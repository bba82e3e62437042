#include "cases/base/base.h"

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

static PetscErrorCode QuietHandler(MPI_Comm comm, int line, const char *function, const char *file, PetscErrorCode n,
                                   PetscErrorType type, const char *message, void *ctx) {
  if (IsUserError(n)) return n;
  return PetscTraceBackErrorHandler(comm, line, function, file, n, type, message, ctx);
}

PetscErrorCode SgdErrorHandlerPush(void) {
  return PetscPushErrorHandler(QuietHandler, NULL);
}
