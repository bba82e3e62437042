/* A square sparse matrix for products only, split into the few diagonals that most rows have an entry on and a rest:
   the stencil of a generator away from the box's ends, and what its ends, the ledger and other ranks' cells add. The
   diagonals are one stream of numbers without indices, multiplied at memory speed. The entries are the matrix's own,
   bit for bit. */
#pragma once
#include "cases/base/base.h"
#include <petscmat.h>

/* B multiplies as A does (MatMult only; A is not kept). Where A is not AIJ, or has no such diagonals, B is A itself,
   with one more reference. Collective. */
PETSC_EXTERN PetscErrorCode SgdBandedCreate(Mat A, Mat *B);
/* y <- B x - y and sum <- sum + c x, a three-term recurrence and its series, in one pass over memory. Any B will do;
   one that is not split needs the vector `work`. Collective. */
PETSC_EXTERN PetscErrorCode SgdBandedRecur(Mat B, Vec x, Vec y, double c, Vec sum, Vec work);
