/* Smooth interpolation from coarse nodes: Chebyshev points of the second kind on [min, max] and the barycentric formula
   (Berrut and Trefethen, SIAM Review 46, 2004). C-infinity; the error falls geometrically for analytic fields. */
#pragma once
#include "cases/base/base.h"

/* Node j of n (n >= 2) on [min, max], in increasing order. */
PETSC_EXTERN double SgdChebyshevNode(PetscInt n, PetscInt j, double min, double max);
/* Row b [n] of the interpolation at x: f(x) ~ sum_j b[j] f(node j). */
PETSC_EXTERN void SgdChebyshevRow(PetscInt n, double min, double max, double x, double *b);
/* Row db [n] of the derivative of the interpolant at x, and b as above: f'(x) ~ sum_j db[j] f(node j). db = b D with
   the differentiation matrix D_jk = (w_k/w_j)/(x_j - x_k), D_jj = -sum of its row: the derivative is itself a
   polynomial that the nodes determine. */
PETSC_INTERN void SgdChebyshevDerivativeRow(PetscInt n, double min, double max, double x, double *b, double *db);
