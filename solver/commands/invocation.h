/* The command line, and the table of the commands that it may name (filled in by commands.c). */
#pragma once
#include "cases/base/base.h"

typedef struct _SgdWork SgdWork; /* what a command works on: commands.h */
typedef struct {
  const char *name, *help;
  PetscBool restarts; /* can it go on from a checkpoint? */
  PetscBool writes;   /* into a folder, which it must claim first */
  PetscErrorCode (*run)(SgdWork *work);
} SgdCommandEntry;
extern const SgdCommandEntry SgdCommands[]; /* ends with a NULL name */

typedef struct {
  const char *command, *path, *folder, *restart; /* restart: the folder to go on in */
  PetscBool overwrite;                           /* what is in the folder may go */
  PetscBool figures;                             /* drawn at the end (figures.h) */
  PetscBool quiet, json;                         /* how the run speaks (voice.h) */
  int sets, varies;
  const char **set, **vary; /* key=value; key=values (vary.h) */
  int argc;
  char **argv;
} SgdInvocation;

/* Before anything starts: --help and --version by themselves, outside of a launcher, take neither MPI nor PETSc, whose start
   is most of what they would cost. *done: printed. */
PETSC_INTERN PetscErrorCode SgdInvocationAtOnce(int argc, char **argv, PetscBool *done);
/* Parse the command line; *done is set if only help or the version was asked for (and printed). */
PETSC_INTERN PetscErrorCode SgdInvocationParse(int argc, char **argv, SgdInvocation *v, PetscBool *done);
PETSC_INTERN PetscErrorCode SgdInvocationFree(SgdInvocation *v);
/* Before long work: say which options nobody has asked for so far, if any. */
PETSC_INTERN PetscErrorCode SgdUnaskedOptions(MPI_Comm comm);
/* Options that nobody asked for are errors (exit 2): a misspelt solver option must not pass silently. */
PETSC_INTERN PetscErrorCode SgdUnusedOptions(MPI_Comm comm);
