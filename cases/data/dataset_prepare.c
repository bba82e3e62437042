#include "cases/data/dataset_prepare.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Length of the overlap of [a, a+1) with [lo, hi). */
static double Overlap(int a, double lo, double hi) {
  const double left = fmax(a, lo), right = fmin(a + 1.0, hi);
  return right > left ? right - left : 0.0;
}

/* weight [target][side]: share of old row s in new row t; the rows sum to 1 */
static void PoolWeights(int side, int target, double *weight) {
  const double ratio = (double)side / target;

  for (int t = 0; t < target; t++)
    for (int s = 0; s < side; s++) weight[t * side + s] = Overlap(s, t * ratio, (t + 1) * ratio) / ratio;
}

/* new = R old R^T, R [target][side] the weights */
static void PoolImage(int side, int target, const double *R, const double *old, double *half, double *fresh) {
  for (int t = 0; t < target; t++)
    for (int c = 0; c < side; c++) {
      double sum = 0.0;
      for (int s = 0; s < side; s++) sum += R[t * side + s] * old[s * side + c];
      half[t * side + c] = sum;
    }
  for (int t = 0; t < target; t++)
    for (int u = 0; u < target; u++) {
      double sum = 0.0;
      for (int c = 0; c < side; c++) sum += R[u * side + c] * half[t * side + c];
      fresh[t * target + u] = sum;
    }
}

int SgdDatasetPool(SgdDataset *d, int target) {
  const int side = (int)lround(sqrt((double)d->features));
  const size_t old = (size_t)d->features, fresh = (size_t)target * (size_t)target;
  double *work;

  if (side * side != d->features || target < 1 || target > side) return 1;
  work = malloc((2 * (size_t)target * (size_t)side + fresh) * sizeof *work);
  if (!work) return 1;
  PoolWeights(side, target, work);
  for (int i = 0; i < d->samples; i++) { /* the new image is never longer: in place, front to back */
    double *half = work + target * side, *image = half + target * side;
    PoolImage(side, target, work, d->x + (size_t)i * old, half, image);
    memcpy(d->x + (size_t)i * fresh, image, fresh * sizeof *image);
  }
  free(work);
  d->features = (int)fresh;
  return 0;
}

void SgdDatasetScale(SgdDataset *d, double scale) {
  const size_t count = (size_t)d->samples * (size_t)d->features, all = SgdDatasetRows(d) * (size_t)d->features;

  if (scale == 0.0)
    for (size_t i = 0; i < count; i++) scale = fmax(scale, fabs(d->x[i]));
  if (scale == 0.0) return;
  for (size_t i = 0; i < all; i++) d->x[i] /= scale;
}

/* A power of two that brings feature j to at most 1: exact, and squares neither overflow nor vanish. */
static double Unit(const SgdDataset *d, int j) {
  double largest = 0.0;
  int exponent;

  for (int i = 0; i < d->samples; i++) largest = fmax(largest, fabs(d->x[(size_t)i * (size_t)d->features + (size_t)j]));
  frexp(largest, &exponent);
  return largest > 0.0 ? ldexp(1.0, -exponent > 1000 ? 1000 : -exponent) : 1.0;
}

void SgdDatasetStandardize(SgdDataset *d) {
  const size_t stride = (size_t)d->features;

  for (int j = 0; j < d->features; j++) {
    const double scale = Unit(d, j);
    double mean = 0.0, variance = 0.0;
    for (size_t i = 0; i < SgdDatasetRows(d); i++) d->x[i * stride + (size_t)j] *= scale;
    for (int i = 0; i < d->samples; i++) mean += d->x[(size_t)i * stride + (size_t)j] / d->samples;
    for (int i = 0; i < d->samples; i++) {
      const double x = d->x[(size_t)i * stride + (size_t)j] - mean;
      variance += x * x / d->samples;
    }
    const double deviation = sqrt(variance), unit = deviation > 1e-12 ? 1.0 / deviation : 0.0;
    for (size_t i = 0; i < SgdDatasetRows(d); i++) {
      double *x = &d->x[i * stride + (size_t)j];
      *x = (*x - mean) * unit;
    }
  }
}
