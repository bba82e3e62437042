/* One step with Gaussian noise that depends on the place, split into a few common Gaussians and narrow remainders:

     p'(x) = sum_j m_j N(x; T_j, S_j),     S_j = b_l(j) diag + (S_j - b_l(j) diag)

   Sources whose covariance holds the same common part b_l = t_l diag(shape) are of one level l. Their remainders are
   narrow and are added to a lattice as coarse as the common part allows (pair_kernel.h); the lattice then spreads to
   the cells by one-dimensional passes (band.h). Lengths are in cells, S_j = eta^2 C_j/(h h).

   With E = ln(1/tolerance): a lattice of spacing r_a = max(1, sqrt(b_a)/(1.06 sqrt(2 E)/pi)) along axis a leaves
   replicas of amplitude exp(-2 pi^2 mu (1 - mu/beta)), beta = b_a/r_a^2; the margin mu = beta/2 (1 - sqrt(1 - 2
   E/(pi^2 beta))) r_a^2, which the remainders keep of the common part, makes that the tolerance. An axis with beta <= 2
   E/pi^2 is not split. Every Gaussian is cut at R standard deviations along each axis, 4 d erfc(R/sqrt 2) = tolerance,
   and divided by its sum. So the map is linear, positive, conserves mass to rounding, and differs from the splat
   (gaussian_splat.h) by about the tolerance in L1. */
#pragma once
#include "meshes/fields.h"

typedef struct _p_SgdLevels *SgdLevels;

/* *reason is NULL, or says why this form does not serve (then *levels is NULL). Collective. */
PETSC_INTERN PetscErrorCode SgdLevelsCreate(SgdFields fields, double eta, double tolerance, SgdLevels *levels,
                                            const char **reason);
PETSC_INTERN PetscErrorCode SgdLevelsDestroy(SgdLevels *levels);
/* As a shell matrix with MatMult (forward) and MatMultTranspose (backward); levels belong to it from here on. */
PETSC_INTERN PetscErrorCode SgdLevelsMap(SgdLevels levels, Mat *A);
/* How many levels, the spacings of the coarsest, and bytes on all ranks, for people. Collective. */
PETSC_INTERN PetscErrorCode SgdLevelsView(SgdLevels levels, char *text, size_t size);
