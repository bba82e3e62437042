/* The fields between cell centres, and how the mean step T(a) = a - eta g(a) stretches what lies there. */
#pragma once
#include "meshes/fields.h"

#define SGD_LAGRANGE_MOST 8 /* the highest order of interpolation; orders are even */

/* Lagrange's weights [order] of the integers first, first + 1, .. for the value at `place`,
     W_j = prod_{k != j} (place - x_k)/(x_j - x_k);  exactly 0 and 1 where place is one of them:
   prod_{k < j} (t - k)/(j - k) and prod_{k > j} (k - t)/(k - j) by products from both ends, over j! and (n - 1 - j)!, without the
   divisions, which would take as long as all the rest. Here, to be compiled into inner loops. order <= 8. Plain C. */
static inline void SgdLagrangeWeights(int order, int first, double place, double weight[]) {
  static const double inverse[] = {1, 1, 1 / 2.0, 1 / 6.0, 1 / 24.0, 1 / 120.0, 1 / 720.0, 1 / 5040.0};
  const double t = place - first;
  double product = 1;

  for (int j = 0; j < order; j++) {
    weight[j] = inverse[j] * product;
    product *= t - j;
  }
  product = 1;
  for (int j = order - 1; j >= 0; j--) {
    weight[j] *= inverse[order - 1 - j] * product;
    product *= j - t;
  }
}
/* g [dim] and C [pairs] at `place` [dim] (in cells, centres at the integers), of order 6; beyond the cells this rank
   holds (fields.h: its rows and the halo) the outermost polynomial is continued. Not collective. */
PETSC_EXTERN void SgdFieldsInterpolate(SgdFields fields, const double place[], double g[], double C[]);
/* J[a][b] = delta_ab - eta dg_a/da_b at a cell by central differences, one-sided at the edge of what this rank holds;
   rows and columns beyond dim are those of 1. Not collective. */
PETSC_EXTERN void SgdFieldsJacobian(SgdFields fields, double eta, PetscInt cell, double J[3][3]);
