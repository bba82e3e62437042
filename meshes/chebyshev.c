#include "chebyshev.h"

double SgdChebyshevNode(PetscInt n, PetscInt j, double min, double max) {
  return 0.5 * (min + max) - 0.5 * (max - min) * cos(PETSC_PI * (double)j / (double)(n - 1));
}

/* f(x) = sum_j (w_j/(x-x_j)) f_j / sum_j (w_j/(x-x_j)),  w_j = (-1)^j, halved at both ends */
void SgdChebyshevRow(PetscInt n, double min, double max, double x, double *b) {
  double sum = 0;

  for (PetscInt j = 0; j < n; j++) {
    double distance = x - SgdChebyshevNode(n, j, min, max);
    if (distance == 0) {
      for (PetscInt k = 0; k < n; k++) b[k] = (k == j);
      return;
    }
    b[j] = (j % 2 ? -1.0 : 1.0) * ((j == 0 || j == n - 1) ? 0.5 : 1.0) / distance;
    sum += b[j];
  }
  for (PetscInt j = 0; j < n; j++) b[j] /= sum;
}
