/* The uniformised chain of a generator: P = I + L/Lambda, Lambda = max_j |L_jj|. Its off-diagonal entries are rounded
   to multiples of 2^-52, so that the sum of each column is exact in floating point and the diagonal makes it exactly
   one: thousands of products then lose mass to the rounding of the products only, which has no bias, and not to that of
   the columns, which has. A rate of Lambda/10^6 changes by at most 1e-10 of itself. */
#pragma once
#include "cases/base/base.h"
#include <petscmat.h>

/* Lambda of L: products with P per unit of time. Collective. */
PETSC_EXTERN PetscErrorCode SgdUniformRate(Mat L, double *Lambda);
/* L: AIJ, columns that sum to zero, off-diagonal entries not negative. A shell that gives its diagonal (model jump)
   becomes I + L/Lambda without the rounding. Collective. */
PETSC_EXTERN PetscErrorCode SgdUniformised(Mat L, double *Lambda, Mat *P);
