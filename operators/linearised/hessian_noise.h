/* How the Hessian of a batch fluctuates in the basis of the modes: the objection to the diagonal theory in numbers.
   F_b = V (H_b - mean) V^T over sampled batches b. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "cases/landscapes/landscape.h"
#include "operators/linearised/shares.h"

typedef struct {
  int batches, modes;
  double diagonal_fraction; /* sum_i F_ii^2 / sum_ij F_ij^2 */
  double
      diagonal_correlation; /* root-mean-square correlation of different diagonal entries, chance 1/(b-1) taken off */
  double entry_correlation; /* ... of different entries i <= j */
} SgdHessianNoiseFigures;

/* At w, V [M][P] orthonormal; shares NULL, or how they lie over the ranks: then V [M][local]. Sample landscapes.
   Collective; the same on any number of ranks, shared out to rounding. */
PETSC_EXTERN PetscErrorCode SgdHessianNoise(SgdLandscape l, const double *w, PetscInt batch, SgdSampling sampling,
                                            int batches, int seed, SgdShares shares, int M, const double *V,
                                            SgdHessianNoiseFigures *f);
