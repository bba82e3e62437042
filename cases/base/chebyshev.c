#include "cases/base/chebyshev.h"

double SgdChebyshevNode(PetscInt n, PetscInt j, double min, double max) {
  return 0.5 * (min + max) - 0.5 * (max - min) * cos(PETSC_PI * (double)j / (double)(n - 1));
}

/* w_j = (-1)^j, halved at both ends */
static double BarycentricWeight(PetscInt n, PetscInt j) {
  return (j % 2 ? -1.0 : 1.0) * ((j == 0 || j == n - 1) ? 0.5 : 1.0);
}

/* f(x) = sum_j (w_j/(x-x_j)) f_j / sum_j (w_j/(x-x_j)) */
void SgdChebyshevRow(PetscInt n, double min, double max, double x, double *b) {
  double sum = 0;

  for (PetscInt j = 0; j < n; j++) {
    double distance = x - SgdChebyshevNode(n, j, min, max);
    if (distance == 0) {
      for (PetscInt k = 0; k < n; k++) b[k] = (k == j);
      return;
    }
    b[j] = BarycentricWeight(n, j) / distance;
    sum += b[j];
  }
  for (PetscInt j = 0; j < n; j++) b[j] /= sum;
}

void SgdChebyshevDerivativeRow(PetscInt n, double min, double max, double x, double *b, double *db) {
  SgdChebyshevRow(n, min, max, x, b);
  for (PetscInt k = 0; k < n; k++) db[k] = 0;
  for (PetscInt j = 0; j < n; j++) {
    const double xj = SgdChebyshevNode(n, j, min, max);
    for (PetscInt k = 0; k < n; k++) {
      if (k == j) continue;
      const double D = BarycentricWeight(n, k) / BarycentricWeight(n, j) / (xj - SgdChebyshevNode(n, k, min, max));
      db[k] += b[j] * D;
      db[j] -= b[j] * D;
    }
  }
}
