/* Smooth interpolation from coarse nodes: Chebyshev points of the second kind on [min, max] and the barycentric formula
   (Berrut and Trefethen, SIAM Review 46, 2004). C-infinity; the error falls geometrically for analytic fields. */
#pragma once
#include "base.h"

/* Node j of n (n >= 2) on [min, max], in increasing order. */
PETSC_EXTERN double SgdChebyshevNode(PetscInt n, PetscInt j, double min, double max);
/* Row b [n] of the interpolation at x: f(x) ~ sum_j b[j] f(node j). */
PETSC_EXTERN void SgdChebyshevRow(PetscInt n, double min, double max, double x, double *b);
