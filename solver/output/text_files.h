/* Folders and text files that rank 0 writes for all. All calls are collective; every failure to write is reported with the
   path (exit 4). */
#pragma once
#include "cases/base/base.h"
#include <stdio.h>

/* Make a folder and its parents where they are missing. */
PETSC_INTERN PetscErrorCode SgdMakeFolder(MPI_Comm comm, const char *folder);
/* folder/name into path [PETSC_MAX_PATH_LEN] */
PETSC_INTERN void SgdJoinPath(const char *folder, const char *name, char *path);
/* Is there such a file? Rank 0 looks. */
PETSC_INTERN PetscErrorCode SgdFileExists(MPI_Comm comm, const char *path, PetscBool *there);
/* Open folder/name for writing on rank 0 (NULL elsewhere). */
PETSC_INTERN PetscErrorCode SgdOpenText(MPI_Comm comm, const char *folder, const char *name, FILE **file);
/* Flush (or flush and close) on rank 0 and agree on whether all went well. */
PETSC_INTERN PetscErrorCode SgdFlushText(MPI_Comm comm, const char *folder, const char *name, FILE *file);
PETSC_INTERN PetscErrorCode SgdCloseText(MPI_Comm comm, const char *folder, const char *name, FILE **file);
