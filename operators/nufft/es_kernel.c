#include "operators/nufft/es_kernel.h"
#include <math.h>
#include <string.h>

#define PI 3.14159265358979323846

double SgdEsKernelValue(int width, double beta, double x) {
  const double z = 2 * x / width, s = 1 - z * z;
  return s > 0 ? exp(beta * (sqrt(s) - 1)) : (s == 0 ? exp(-beta) : 0);
}

#define NODES 160 /* Gauss-Legendre on [-1, 1]; the upper half is stored */

typedef struct {
  int ready;
  double cosine[NODES / 2], sine[NODES / 2], weight[NODES / 2]; /* of (pi/2) x, x the node */
} Rule;

/* Newton on the Legendre polynomial P_n by its three-term recurrence. */
static const Rule *GaussLegendre(void) {
  static Rule rule;

  if (rule.ready) return &rule;
  for (int i = 0; i < NODES / 2; i++) {
    double x = cos(PI * (i + 0.75) / (NODES + 0.5)), slope = 1;
    for (int iteration = 0; iteration < 8; iteration++) {
      double p0 = 1, p1 = x;
      for (int k = 2; k <= NODES; k++) {
        const double p2 = ((2 * k - 1) * x * p1 - (k - 1) * p0) / k;
        p0 = p1;
        p1 = p2;
      }
      slope = NODES * (x * p1 - p0) / (x * x - 1);
      x -= p1 / slope;
    }
    rule.cosine[i] = cos(PI / 2 * x);
    rule.sine[i] = sin(PI / 2 * x);
    rule.weight[i] = 2 / ((1 - x * x) * slope * slope);
  }
  rule.ready = 1;
  return &rule;
}

/* With z = sin(theta) the integrand is smooth up to the ends:
     (width/2) int exp(beta (cos t - 1)) cos(xi (width/2) sin t) cos t dt over [-pi/2, pi/2]. */
void SgdEsKernelTransforms(int width, int shapes, const double beta[], int count, const double xi[], double *to) {
  const Rule *rule = GaussLegendre();
  double damp[SGD_ES_SHAPES][NODES / 2], wave[NODES / 2];

  for (int b = 0; b < shapes; b++)
    for (int i = 0; i < NODES / 2; i++) damp[b][i] = rule->weight[i] * exp(beta[b] * (rule->cosine[i] - 1));
  for (int x = 0; x < count; x++) {
    for (int i = 0; i < NODES / 2; i++) wave[i] = cos(0.5 * xi[x] * width * rule->sine[i]);
    for (int b = 0; b < shapes; b++) {
      double sum = 0;
      for (int i = 0; i < NODES / 2; i++) sum += damp[b][i] * wave[i] * rule->cosine[i];
      to[b * count + x] = 0.5 * PI * width * sum; /* (width/2) (pi/2) * 2 halves */
    }
  }
}

double SgdEsKernelTransform(int width, double beta, double xi) {
  double value;

  SgdEsKernelTransforms(width, 1, &beta, 1, &xi, &value);
  return value;
}

/* Chebyshev interpolation of psi on cell j, turned into monomials in x = 2 f - 1. */
static void FitCell(SgdEsKernel *k, int j) {
  const int n = k->degree + 1;
  double a[SGD_ES_MAX_DEGREE + 1], t0[SGD_ES_MAX_DEGREE + 1] = {1}, t1[SGD_ES_MAX_DEGREE + 1] = {0, 1};

  for (int p = 0; p < n; p++) {
    a[p] = 0;
    for (int i = 0; i < n; i++) {
      const double x = cos(PI * (i + 0.5) / n);
      a[p] += SgdEsKernelValue(k->width, k->beta, 0.5 * (x + 1) + j - 0.5 * k->width) * cos(PI * p * (i + 0.5) / n);
    }
    a[p] *= (p ? 2.0 : 1.0) / n;
  }
  for (int p = 0; p < n; p++) { /* T_{p+1} = 2 x T_p - T_{p-1} */
    double next[SGD_ES_MAX_DEGREE + 1];
    for (int q = 0; q <= p; q++) k->coefficient[q][j] += a[p] * t0[q];
    for (int q = 0; q < n; q++) next[q] = 2 * (q ? t1[q - 1] : 0) - t0[q];
    memcpy(t0, t1, sizeof t0);
    memcpy(t1, next, (size_t)n * sizeof *t1);
  }
}

/* A source's error in Fourier space is at most the sum of the errors at its points. */
static double FitError(const SgdEsKernel *k) {
  double most = 0;

  for (int i = 0; i <= 40; i++) {
    const double f = i / 40.0;
    double sum = 0;
    for (int j = 0; j < k->width; j++) {
      double value = 0;
      for (int p = k->degree; p >= 0; p--) value = value * (2 * f - 1) + k->coefficient[p][j];
      sum += fabs(value - SgdEsKernelValue(k->width, k->beta, f + j - 0.5 * k->width));
    }
    most = fmax(most, sum);
  }
  return most;
}

double SgdEsKernelFit(SgdEsKernel *kernel, int width, double beta, double error) {
  double met = 1;

  kernel->width = width;
  kernel->beta = beta;
  for (kernel->degree = 3; kernel->degree <= SGD_ES_MAX_DEGREE; kernel->degree++) {
    memset(kernel->coefficient, 0, sizeof kernel->coefficient);
    for (int j = 0; j < width; j++) FitCell(kernel, j);
    met = FitError(kernel);
    if (met <= error || kernel->degree == SGD_ES_MAX_DEGREE) break;
  }
  return met;
}
