/* What every room shares: errors that a user can read, and progress lines.

   A user's error (wrong case, untrustworthy numbers, unreadable file) is reported once, on rank 0's stderr, as plain
   text, and travels up the call chain as a PetscErrorCode that main() turns into the exit code. PETSc's stack traces
   are kept for bugs. */
#pragma once
#include <petscsys.h>

#ifndef PETSC_SUCCESS /* PETSc < 3.19 */
#define PETSC_SUCCESS ((PetscErrorCode)0)
#endif

/* SGD_EXIT_SIGNAL + n: stopped by signal n. */
typedef enum {
  SGD_EXIT_DONE = 0,
  SGD_EXIT_CASE = 2,
  SGD_EXIT_NUMBERS = 3,
  SGD_EXIT_FILES = 4,
  SGD_EXIT_SIGNAL = 128
} SgdExit;

/* Print "sgdfp: <message>" on rank 0 of comm and return the error code that stands for `exit`. Collective: every rank
   must come here (agree first, e.g. with SgdAgree). Use as: return SgdFail(comm, SGD_EXIT_FILES, "...", ...); */
PETSC_EXTERN PetscErrorCode SgdFail(MPI_Comm comm, SgdExit exit, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(3, 4);

/* *bad becomes its largest value over the ranks, so that all of them take the same branch. Collective. */
PETSC_EXTERN PetscErrorCode SgdAgree(MPI_Comm comm, int *bad);

/* The error code that stands for an exit code, as SgdFail returns it. */
PETSC_EXTERN PetscErrorCode SgdErrorCode(SgdExit exit);

/* The exit code for an error code: that of SgdFail, or 1 for anything else (a bug). */
PETSC_EXTERN int SgdExitCode(PetscErrorCode ierr);

/* Install the error handler that stays silent for user's errors. Call once, after SlepcInitialize. */
PETSC_EXTERN PetscErrorCode SgdErrorHandlerPush(void);

/* Messages on rank 0: lines on stdout, warnings on stderr; the run's journal keeps the warnings (journal.h). */
PETSC_EXTERN PetscErrorCode SgdSay(MPI_Comm comm, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
/* How far long work is: share of it that is done, seconds left, negative where unknown. A bar on a terminal, a line in a
   log; call it every few seconds (progress.h). */
PETSC_EXTERN PetscErrorCode SgdTell(MPI_Comm comm, double share, double left, const char *format, ...)
    PETSC_ATTRIBUTE_FORMAT(4, 5);
PETSC_EXTERN PetscErrorCode SgdWarn(MPI_Comm comm, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
