/* What the discretisation in space is estimated to have cost a model. */
#pragma once
#include "solver/measures/moments.h"

typedef struct {
  int order;          /* of the space discretisation; 0: spectral */
  double l1;          /* error of the density, int |p - exact| */
  SgdMoments moments; /* absolute error of mean, cov, skewness, kurtosis and outflow; the other entries are unused */
} SgdErrors;

/* fine, half: moments on the grid and on half the cells; l1: distance of the densities on the half grid. An error of
   order q in the cell width is 2^q times as large on the half grid, so the difference is 2^q - 1 times that of the grid
   itself (Richardson; q = 2: 3). A spectral error falls faster than any power: the difference is the half grid's error,
   and a bound of the grid's own. */
PETSC_INTERN void SgdErrorsEstimate(int dim, int order, const SgdMoments *fine, const SgdMoments *half, double l1,
                                    SgdErrors *e);
