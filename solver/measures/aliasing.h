/* Does a step stretch the density faster than its noise fills the gaps? A step sends cell j of mass m_j to T(a_j) with
   noise Sigma = eta^2 C. The sum over cells stands for an integral: a wave k of the new density meets a wave q of the
   old one at the grid's own frequency, J^T k + q = v, v = 2 pi e_b/h_b, J = dT/da. Both have been damped by Sigma, so
   at the least by exp(-E), E = min (k^T Sigma k + q^T Sigma q)/2 = v^T (J^T Sigma^-1 J + Sigma^-1)^-1 v/2; one
   dimension: E = 2 pi^2 (s/h)^2/(1 + J^2). The share of the density that is wrong is about sum_j |m_j| exp(-E_j). Where
   |J| <= 1 the noise in cells says it all; where the step is expanding (eta lambda > 2, folding) it does not. */
#pragma once
#include "meshes/fields.h"

/* share: that sum, for the axis where it is largest. Cells whose noise has no width along some direction (phase space)
   are left out. Collective. */
PETSC_INTERN PetscErrorCode SgdAliasing(SgdFields fields, double eta, Vec y, double *share);
