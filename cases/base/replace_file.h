/* A file that appears whole under its name or not at all: written at a temporary name, brought to the disk, renamed. */
#pragma once
#include "cases/base/base.h"

/* Bring the file `temporary`, closed by now, to the disk and give it the name `path`, whatever was there before; on a
   failure it is removed. Both are in the same folder. Not collective. errno of the first failure, else 0. */
PETSC_EXTERN int SgdReplaceFile(const char *temporary, const char *path);

/* Why a stream's writes have failed (ferror): the disk's reason where errno still has it, else EIO. Not collective. */
PETSC_EXTERN int SgdWriteError(void);

/* Agree on whether all went well on every rank (error: errno of a failure, else 0); if not: "<path>: cannot write:
   <reason>", exit 4. Collective. */
PETSC_EXTERN PetscErrorCode SgdWritten(MPI_Comm comm, const char *path, int error);
