/* A key of the case that a sweep varies, and its values: "sgd.learning_rate=0.1,0.2,0.5", or "min:max:n" for n numbers
   from min to max, or "min:max:n:log" for as many in equal ratios. A comma inside brackets, braces or quotes belongs to
   a value, so that lists can be varied: "slice.cells=[64],[128]". */
#pragma once
#include "cases/base/base.h"

typedef struct {
  char *key;
  int count;
  char **value; /* as they would stand behind --set key= */
} SgdVary;

/* Exit 2, with the word, where it is none. Collective. */
PETSC_INTERN PetscErrorCode SgdVaryParse(MPI_Comm comm, const char *word, SgdVary *v);
PETSC_INTERN PetscErrorCode SgdVaryFree(SgdVary *v);
