/* TS type "sgduniform": exact time integration of a Markov generator L that keeps densities positive and mass to
   rounding, by uniformisation (Jensen 1953; Stewart, Introduction to the Numerical Solution of Markov Chains, 8.4):
     exp(t L) y = sum_k Poisson(k; Lambda t) P^k y,   P = I + L/Lambda,   Lambda = max_j |L_jj|.
   P has no negative entry and columns that sum to one, so every term is a density: what the sum keeps is one too. A
   step of any length is taken at once, in about Lambda t + 9 sqrt(Lambda t) products; there is no time-stepping error.
 */
#pragma once
#include <petscts.h>

#define TSSGDUNIFORM "sgduniform"

PETSC_INTERN PetscErrorCode SgdTSUniformRegister(void);
/* The generator L (AIJ); call after TSSetType(ts, TSSGDUNIFORM). Off-diagonal entries must not be negative. */
PETSC_INTERN PetscErrorCode SgdTSUniformSetGenerator(TS ts, Mat L);
/* Between products of a long step: *stop gives it up, and the state stays that of its begin. Collective. */
PETSC_INTERN PetscErrorCode SgdTSUniformSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop));
