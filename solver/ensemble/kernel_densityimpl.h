/* Shared by kernel_density.c, whose kernels are Gaussian, and kernel_density_waves.c, whose kernels are exact laws. */
#pragma once
#include "solver/ensemble/kernel_density.h"

/* What all kernels share. */
typedef struct {
  double mean[3], S[6], narrow[6]; /* of the centres; mean of the kernels' covariances */
  double scatter[6];               /* V_m = sum over ancestors of (m_anc - m)(m_anc - m)^T / (M0 (M0 - 1)) */
  double kappa, f;
} SgdKernelShape;

/* Mean [d] of the centres first .. first + count - 1, and their moment [pairs] about `about` (NULL: that mean). */
PETSC_INTERN void SgdKernelCentres(const SgdLastStep *s, int first, int count, const double about[], double mean[],
                                   double moment[]);
/* y and the parts from the waves of the exact laws, on a slice of one axis. */
PETSC_INTERN PetscErrorCode SgdKernelDensityWaves(SgdKernelDensity *k, SgdGrid grid, const SgdLastStep *s,
                                                  const SgdKernelShape *shape);
