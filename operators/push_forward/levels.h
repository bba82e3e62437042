/* One step with Gaussian noise that depends on the place, split into a few common Gaussians and narrow remainders:

     p'(x) = sum_j m_j N(x; T_j, S_j),     S_j = b_l(j) + (S_j - b_l(j))

   Sources whose covariance holds the same common part b_l = t_l diag(shape) are of one level l. Their remainders are
   narrow and are added to a lattice as coarse as the common part allows (pair_kernel.h); the lattice then spreads to
   the cells by one-dimensional passes (band.h). Lengths are in cells, S_j = eta^2 C_j/(h h).

   Spacings of the lattices, what the bands spread and where Gaussians are cut: THEORY.md (86) to (89). The map is linear,
   positive, conserves mass to rounding, and differs from the splat (gaussian_splat.h) by about the tolerance in L1. */
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
