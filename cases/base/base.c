#include "cases/base/base.h"
#include <stdarg.h>
#include <stdio.h>

/* PETSc's own codes are below 256 (PETSC_ERR_MAX_VALUE); ours are this plus the exit code. */
#define SGD_ERR_BASE     4000
#define SGD_MAX_WARNINGS 64

static char warnings[SGD_MAX_WARNINGS][512];
static int warning_count = 0;
static PetscBool muted = PETSC_FALSE;

static PetscBool IsUserError(PetscErrorCode ierr) {
  return (PetscBool)(ierr > SGD_ERR_BASE && ierr <= SGD_ERR_BASE + 255);
}

PetscErrorCode SgdFail(MPI_Comm comm, SgdExit exit, const char *format, ...) {
  char message[2048];
  va_list args;
  PetscMPIInt rank;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  MPI_Comm_rank(comm, &rank);
  if (!rank) {
    fflush(stdout);
    fprintf(stderr, "sgdfp: %s\n", message);
  }
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

void SgdMute(PetscBool mute) {
  muted = mute;
}

PetscErrorCode SgdSay(MPI_Comm comm, const char *format, ...) {
  PetscMPIInt rank;
  va_list args;

  MPI_Comm_rank(comm, &rank);
  if (rank || muted) return PETSC_SUCCESS;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  fflush(stdout);
  return PETSC_SUCCESS;
}

void SgdWarningsClear(void) {
  warning_count = 0;
}

void SgdWarningKeep(const char *message) {
  if (warning_count < SGD_MAX_WARNINGS) snprintf(warnings[warning_count++], sizeof *warnings, "%s", message);
}

PetscErrorCode SgdWarn(MPI_Comm comm, const char *format, ...) {
  PetscMPIInt rank;
  char message[512];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  SgdWarningKeep(message);
  MPI_Comm_rank(comm, &rank);
  if (!rank) {
    fflush(stdout);
    fprintf(stderr, "sgdfp: warning: %s\n", message);
  }
  return PETSC_SUCCESS;
}

int SgdWarningCount(void) {
  return warning_count;
}

const char *SgdWarning(int index) {
  return warnings[index];
}
