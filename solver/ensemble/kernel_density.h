/* The density of an ensemble of Gaussians N(m_j, S_j), the laws of its members' last step, on the grid: each by the
   kernel that the master equation has for its own (push_forward/gaussian_splat.h).

   Smoothing. Where a mode is slow the kernels are narrow against the density, and p = mean_j N(m_j, S_j) is a comb. Then
   the centres are drawn together, m_j <- m + f (m_j - m), f^2 = 1 - kappa, and kappa S added to every kernel, S the
   covariance of the centres: mean and covariance stay. kappa is such that no axis has kernels of less than 0.4 of the
   density's variance, or, where the quartiles show that the centres are far from Gaussian, less than Silverman's width of
   as many points as there are ancestors. The variance that the mean of the ancestors scatters by, V_m, is missing from S,
   and added to every kernel too.

   Errors. The ancestors fall into groups; part[g] is the density of group g as it enters p to first order: its centres at
   m + f (m_j - m) + (1 - f)(m_g - m) and with kappa S_g for kappa S, m_g and S_g the group's own mean and moment about m.
   So the parts scatter as the groups do, smoothing or not. */
#pragma once
#include "meshes/grid.h"
#include "solver/ensemble/last_step.h"

typedef struct {
  Vec y;          /* the density, a state vector */
  int groups;     /* of ancestors, all of one size */
  Vec *part;      /* [groups] */
  double kappa;   /* the smoothing of the last density */
  double widened; /* the largest share of an axis's variance that kernels narrower than a cell were given more */
} SgdKernelDensity;

/* ancestors: they head equal runs of s's members. Collective. */
PETSC_INTERN PetscErrorCode SgdKernelDensityCreate(SgdGrid grid, int ancestors, SgdKernelDensity *k);
PETSC_INTERN PetscErrorCode SgdKernelDensityFill(SgdKernelDensity *k, SgdGrid grid, int ancestors,
                                                 const SgdLastStep *s);
PETSC_INTERN PetscErrorCode SgdKernelDensityDestroy(SgdKernelDensity *k);
