/* The program's commands. Each reads the case and does its part of the way of the data (solver/ARCHITECTURE.md). */
#pragma once
#include "solver/problem/problem.h"

typedef struct {
  const char *command, *path, *folder, *restart; /* restart: the folder to go on in */
  PetscBool overwrite;                               /* what is in the folder may go */
  int sets;
  const char **set;
  int argc;
  char **argv;
} SgdInvocation;

typedef struct {
  const char *name, *help;
  PetscBool restarts; /* can it go on from a checkpoint? */
  PetscBool writes;   /* into a folder, which it must claim first */
  PetscErrorCode (*run)(SgdProblem *p, const SgdInvocation *v, const char *folder);
} SgdCommandEntry;
extern const SgdCommandEntry SgdCommands[]; /* ends with a NULL name */

/* Parse the command line; *help is set if only help or the version was asked for (and printed). */
PETSC_EXTERN PetscErrorCode SgdInvocationParse(int argc, char **argv, SgdInvocation *v, PetscBool *done);
PETSC_EXTERN PetscErrorCode SgdInvocationFree(SgdInvocation *v);
/* Run the command that was asked for. */
PETSC_EXTERN PetscErrorCode SgdCommand(const SgdInvocation *v);
/* Options that no object has read are errors (exit 2): a misspelt solver option must not pass silently. */
PETSC_EXTERN PetscErrorCode SgdUnusedOptions(MPI_Comm comm);
