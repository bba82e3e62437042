/* The mean Hessian at a point as a matrix that is only ever applied (THEORY.md (3)). Vectors are whole on
   every rank (PETSC_COMM_SELF); the work over the samples is what is shared, and its result is the same bit for bit on
   any number of ranks. So eigenvectors, and everything downstream of them, do not depend on that number. All ranks must
   apply it together. */
#pragma once
#include "cases/landscapes/landscape.h"
#include <petscmat.h>

/* w [P] is copied. */
PETSC_EXTERN PetscErrorCode SgdHessianCreate(SgdLandscape l, const double *w, Mat *H);
/* The same matrix for many parameters: vectors shared out over the landscape's ranks (PETSc's own split), so that what
   a solver keeps of them costs 1/ranks on each; a product gathers its vector, takes every rank's samples and scatters
   the sum, and depends on the number of ranks by rounding. w [P] is kept, not copied. Collective. */
PETSC_EXTERN PetscErrorCode SgdHessianCreateDistributed(SgdLandscape l, const double *w, Mat *H);
