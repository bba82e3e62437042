/* Where the closed moments expect the mass to be over the whole horizon (THEORY.md (54)), so that accuracy is not
   spent on the rest of the box: the outermost mean -+ 4 standard deviations on each axis, and the largest deviation. */
#pragma once
#include "meshes/grid.h"
#include <math.h>

typedef struct {
  double low[3], high[3], deviation[3]; /* deviation 0: nothing is known, all of the box matters */
} SgdSupport;

#define SGD_SUPPORT_DEVIATIONS 4
#define SGD_SUPPORT_FLOOR      1e-4

/* How much an error at x counts: 1 within the support, beyond it the square root of a Gaussian's fall,
   exp(-(r^2 - 4^2)/4) at r deviations, so that tails much heavier than a Gaussian's are still served; at least 1e-4. */
static inline double SgdSupportWeight(const SgdSupport *s, int dim, const double x[]) {
  const double D = SGD_SUPPORT_DEVIATIONS;
  double square = 0;

  for (int a = 0; a < dim; a++) {
    if (!(s->deviation[a] > 0)) continue;
    const double beyond = fmax(0, fmax(s->low[a] - x[a], x[a] - s->high[a])) / s->deviation[a];
    square += (D + beyond) * (D + beyond) - D * D;
  }
  return fmax(SGD_SUPPORT_FLOOR, exp(-0.25 * square));
}

typedef struct {
  PetscInt first[3], count[3]; /* cells per axis */
} SgdCellRange;

/* The cells whose weight is above its least, along each axis by itself: 7.3 deviations. */
static inline SgdCellRange SgdSupportRange(const SgdSupport *s, SgdGrid grid) {
  const double reach = sqrt(SGD_SUPPORT_DEVIATIONS * SGD_SUPPORT_DEVIATIONS - 4 * log(SGD_SUPPORT_FLOOR));
  SgdCellRange range = {{0, 0, 0}, {1, 1, 1}};

  for (int a = 0; a < grid->dim; a++) {
    const double n = (double)grid->n[a], beyond = (reach - SGD_SUPPORT_DEVIATIONS) * s->deviation[a];
    double low = 0, high = n;
    if (s->deviation[a] > 0) {
      low = floor(fmin(fmax((s->low[a] - beyond - grid->min[a]) / grid->h[a], 0), n - 1));
      high = ceil(fmax(fmin((s->high[a] + beyond - grid->min[a]) / grid->h[a], n), low + 1));
    }
    range.first[a] = (PetscInt)low;
    range.count[a] = (PetscInt)(high - low);
  }
  return range;
}
