/* What every command's checkpoint begins with, and how it is read again: the command, and the case as resolved. */
#pragma once
#include "cases/base/journal.h"
#include "cases/file/case.h"
#include "solver/restart/checkpoint.h"

/* The head of a checkpoint that is written. */
PETSC_INTERN PetscErrorCode SgdRestartHead(SgdCheckpoint c, SgdCase kase, const char *command);
/* The warnings so far, for the summary: written, or read, when they replace those that set-up has just repeated. */
PETSC_INTERN PetscErrorCode SgdRestartWarnings(SgdCheckpoint c, SgdJournal journal);

/* Stopped by a signal after the checkpoint was written: says how to go on, and returns the error that stands for it. */
PETSC_INTERN PetscErrorCode SgdRestartLater(MPI_Comm comm, int signal, const char *command, const char *folder);

/* Open folder/checkpoint.h5, which must be of this command, and the case: the one at `path`, or, where path is NULL,
   the checkpoint's own; with overrides. Exit 2 if the checkpoint is another command's. */
PETSC_INTERN PetscErrorCode SgdRestartOpen(MPI_Comm comm, const char *folder, const char *command, const char *path,
                                           int sets, const char *const *set, SgdCheckpoint *c, SgdCase *kase);
/* The command whose work the checkpoint holds (free with PetscFree), and how this case, which has been read by now,
   differs from its own: "" where it does not. How often to write checkpoints, name and description are free. */
PETSC_INTERN PetscErrorCode SgdRestartWhose(SgdCheckpoint c, SgdCase kase, char **command, char *list, size_t size);
/* The same against the text of a resolved case. */
PETSC_INTERN PetscErrorCode SgdRestartDifferences(SgdCase kase, const char *text, char *list, size_t size);
/* The case, which has been read by now, against the checkpoint's: exit 2, saying in what they differ. */
PETSC_INTERN PetscErrorCode SgdRestartCompare(SgdCheckpoint c, SgdCase kase);
