/* How much of a density sits in waves that the grid, or an expansion, does not carry: its power spectrum by cosine
   transforms (an even continuation, so that ends which are not zero make no jump) and, on periodic axes, Fourier
   transforms. */
#pragma once
#include "meshes/grid.h"

/* The waves k that the expansion through eta^2 damps as it should: (x^2 + y^2)/2 <= y with x = eta |g.k|,
   y = eta sqrt(k.C k) (THEORY.md (27)). */
typedef struct {
  double learning_rate;
  double g[3], C[6]; /* mean gradient and noise covariance (upper triangle by rows) at one point */
} SgdStableBand;

/* tail [dim]: L2 norm of the part whose wave number along the axis lies in the upper third of what the grid holds, over
   the L2 norm of the density. beyond: the same for the waves beyond the band (band NULL: not a number). Collective. */
PETSC_INTERN PetscErrorCode SgdDensitySpectrum(SgdGrid grid, Vec y, const SgdStableBand *band, double tail[],
                                               double *beyond);
