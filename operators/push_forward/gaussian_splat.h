/* A Gaussian of mean T and covariance S on the lattice of cell centres: the one-step kernel of the master equation
   where the minibatch noise is Gaussian and depends on the place. Plain C.

   weight(i) proportional to exp(-(x_i - T)^T S^{-1} (x_i - T) / 2), cut at `radius` standard deviations (Mahalanobis)
   and scaled so that the weights sum to one, which makes the map conserve mass exactly. With a standard deviation of s
   cells the scaling differs from 1 by up to a = 2 exp(-2 pi^2 s^2), the mean from T by up to 2 pi s^2 a and the
   variance from S by up to (2 pi s^2)^2 a (Poisson summation): at s = 1 these are 5e-9, 3e-8 and 2e-7; below rounding
   from s = 1.5 on. */
#pragma once

typedef struct {
  int runs;        /* lines of cells along axis 0 */
  int (*start)[3]; /* multi-index of each run's first cell; may lie outside the grid */
  int *length;
  int *offset; /* of the run's first weight */
  double *weight;
  double scale; /* what the raw weights (a Gaussian density times the cell volume) were multiplied by */
  int run_capacity, weight_capacity;
} SgdGaussianSplat;

/* Fill s for a Gaussian with mean T [dim] in cell coordinates (cell i's centre is at i) and covariance S (upper
   triangle by rows, in cell widths). Buffers grow as needed; start from a zeroed struct. Returns 0, 1 if S is not
   positive definite, 2 if memory ran out. */
int SgdGaussianSplatFill(SgdGaussianSplat *s, int dim, const double T[], const double S[], double radius);
void SgdGaussianSplatFree(SgdGaussianSplat *s);
