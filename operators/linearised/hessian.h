/* The mean Hessian at a point as a matrix that is only ever applied (THEORY.md (3)). Vectors are whole on
   every rank (PETSC_COMM_SELF); the work over the samples is what is shared, and its result is the same bit for bit on
   any number of ranks. So eigenvectors, and everything downstream of them, do not depend on that number. All ranks must
   apply it together. */
#pragma once
#include "cases/landscapes/landscape.h"
#include <petscmat.h>

/* w [P] is copied. */
PETSC_EXTERN PetscErrorCode SgdHessianCreate(SgdLandscape l, const double *w, Mat *H);
