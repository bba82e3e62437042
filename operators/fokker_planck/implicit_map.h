/* The map y_{n+1} = A^{-1} B y_n as a shell matrix, A and B with columns that sum to one; one solve a step with a
   factorisation or preconditioner made once. Options prefix for the solver: `prefix`. */
#pragma once
#include "meshes/grid.h"
#include <petscmat.h>

/* A and B belong to the map from here on. */
PETSC_EXTERN PetscErrorCode SgdImplicitMapCreate(SgdGrid grid, Mat A, Mat B, const char *prefix, Mat *map);
