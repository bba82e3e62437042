/* Moments of a density on the grid (THEORY.md section 13; the columns of moments.csv). */
#pragma once
#include "meshes/grid.h"

typedef struct {
  double mass, outflow;              /* sum over cells; sum of the ledger; mass + outflow = 1 to rounding */
  double lost[6];                    /* the ledger by face */
  double mean[3];                    /* of the mass inside, normalised by it */
  double cov[6];                     /* upper triangle by rows */
  double skewness[3], kurtosis[3];   /* per axis; kurtosis 3 for a Gaussian */
  double entropy;                    /* -int p ln p over p > 0 */
  double min_density, negative_mass; /* smallest density; minus the sum of the negative cells */
} SgdMoments;

/* Collective. Every rank gets the result. */
PETSC_INTERN PetscErrorCode SgdMomentsCompute(SgdGrid grid, Vec y, SgdMoments *m);
/* Marginal density along one axis, [n[axis]], on every rank. Collective. */
PETSC_INTERN PetscErrorCode SgdMarginal(SgdGrid grid, Vec y, int axis, double *density);
