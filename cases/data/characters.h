/* Plain text as data for language models: characters are bytes, numbered in the order of their codes as far as they
   occur. Read on rank 0, then the same on every rank. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  int length, vocabulary;
  int *token;                /* [length] 0 .. vocabulary - 1 */
  unsigned char symbol[256]; /* [vocabulary] the byte of each number */
} SgdText;

/* The first `limit` characters (0: all) of a file, gzipped or not; fold_case: capitals (ASCII) count as small letters.
   Collective. Exit 4, naming the file, if it cannot be read or is empty. */
PETSC_INTERN PetscErrorCode SgdTextLoad(MPI_Comm comm, const char *path, PetscBool fold_case, int limit, SgdText *text);
PETSC_INTERN PetscErrorCode SgdTextDestroy(SgdText *text);
