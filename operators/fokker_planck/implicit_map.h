/* One linear solve a step, with a factorisation or preconditioner made once, as a shell matrix:
     y_{n+1} = A^{-1} B y_n                 columns of A and B that sum to one,
     y_{n+1} = y_n + A^{-1} B y_n           (increment) columns of B that sum to zero.
   Options prefix for the solver: `prefix`. */
#pragma once
#include "meshes/grid.h"
#include <petscmat.h>

typedef struct {
  Mat A, B;            /* AIJ, owned by the map from here on */
  PetscBool increment; /* B gives the step's change */
  Mat root;            /* NULL, or a matrix whose square is about A, owned too: where A is too large to be factored, it
                          is preconditioned by that of the root, applied twice */
} SgdImplicitSystem;

PETSC_INTERN PetscErrorCode SgdImplicitMapCreate(SgdGrid grid, const SgdImplicitSystem *system, const char *prefix,
                                                 Mat *map);
