/* The two sides of the scheme `moment_exact` of the discrete Fokker-Planck equation (THEORY.md (30)), all sums over all
   orders of the indices, R = C + g g^T:

     (1 + b (eta^4/4) d_i d_j d_k d_l (R_ij R_kl .)) (p_{n+1} - p_n)
         = eta d_i(g_i p_n) + (eta^2/2) d_i d_j (R_ij p_n) + c (eta^3/2) d_i d_j d_k (g_i R_jk p_n).

   What is added to the equation has all its derivatives outside, three or more of them: it acts on no moment below the
   third, so that mean and second moments are the equation's own. For waves of phase x = eta g.k and z = eta^2 k.R k/2
   the one-step factor is 1 + (i x (1 - c z) - z)/(1 + b z^2), of modulus <= 1 for every wave iff c >= 1/4 and
   b >= c^2; b = 1/16 is marginal, 1/8 is taken. The differences keep this on the grid: the third-order ones are
   products of those of first and second order (x z exactly), and the fourth-order ones are at least z^2. */
#pragma once
#include "meshes/fields.h"
#include <petscmat.h>

#define SGD_MOMENT_EXACT_C 0.25
#define SGD_MOMENT_EXACT_B 0.125

/* A: the left side, columns sum to one; N: the right side, columns sum to zero; AIJ on state vectors. Collective. */
PETSC_INTERN PetscErrorCode SgdMomentExactAssemble(SgdFields fields, double eta, Mat *A, Mat *N);
