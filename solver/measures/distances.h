/* Distances between two densities on one grid (THEORY.md (66) - (70)). */
#pragma once
#include "solver/measures/moments.h"

typedef struct {
  double l1;         /* int |p - q| (twice the total variation) */
  double hellinger;  /* sqrt(1/2 int (sqrt p+ - sqrt q+)^2), of the positive parts */
  double kl;         /* int q ln(q/p), q the reference, over q > 0 with p floored at kl_floor */
  double kl_floor;   /* density: 1e-16 of the largest value of the reference */
  double w1[3];      /* Wasserstein-1 of the marginals, units of the axis */
  double mean_error; /* Euclidean norm of the difference of means */
  double cov_error;  /* Frobenius norm of the difference over the Frobenius norm of the reference's covariance */
} SgdDistances;

PETSC_INTERN PetscErrorCode SgdDistancesCompute(SgdGrid grid, Vec y, Vec reference, SgdDistances *d);
