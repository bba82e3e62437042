#include "operators/linearised/closure.h"
#include "operators/linearised/tail.h"
#include <math.h>
#include <string.h>

const char *SgdRegimeName(SgdRegime r) {
  static const char *const name[] = {"confined", "diffusive", "unstable"};
  return name[r];
}

#define AT_THE_BOUND 8e-16 /* part of its terms below which a margin is rounding */

/* The variance is finite iff the margin is positive, whatever the law: at the bound exactly it is infinite, and the
   exponent is two. */
static double Margin(double gain, double loss) {
  return fabs(gain - loss) <= AT_THE_BOUND * (fabs(gain) + fabs(loss)) ? 0 : gain - loss;
}

static double OnItsSide(double tail, double margin, double Gamma) {
  if (!(Gamma > 0) || tail == 0) return tail;
  return margin > 0 ? fmax(tail, nextafter(2, 3)) : fmin(tail, 2);
}

SgdModePrediction SgdModePredict(double eta, double lambda, double D, double Gamma, double Pi0, int steps) {
  const double rate = eta * (eta * lambda * lambda - 2 * lambda + eta * Gamma); /* factor - 1 */
  const double growth = steps * log1p(fmax(rate, -1 + 1e-300));
  SgdModePrediction p = {.margin = Margin(lambda * (2 - eta * lambda), eta * Gamma),
                         .diffusion = eta * D / 2,
                         .tail = SgdTailExponent(eta, lambda, Gamma),
                         .tail_langevin = SgdTailExponentLangevin(eta, lambda, Gamma)};

  p.regime = fabs(growth) < 0.1 ? SGD_DIFFUSIVE : (rate < 0 ? SGD_CONFINED : SGD_UNSTABLE);
  p.variance_stationary = p.margin > 0 ? eta * D / p.margin : NAN;
  const double langevin = Margin(2 * lambda, eta * Gamma);
  p.variance_langevin = langevin > 0 ? eta * D / langevin : NAN;
  p.tail = OnItsSide(p.tail, p.margin, Gamma);
  p.tail_langevin = OnItsSide(p.tail_langevin, langevin, Gamma);
  p.collapses = D == 0 && p.tail > 0;
  /* (factor^n - 1)/(factor - 1) -> n */
  p.variance_horizon = exp(growth) * Pi0 + eta * eta * D * (fabs(rate) > 1e-14 ? expm1(growth) / rate : steps);
  return p;
}

/* out = A B (transposed B if flag), [d][d] */
static void MultiplySmall(int d, const double *A, const double *B, int transpose, double *out) {
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++) {
      out[i * d + j] = 0;
      for (int k = 0; k < d; k++) out[i * d + j] += A[i * d + k] * (transpose ? B[j * d + k] : B[k * d + j]);
    }
}

void SgdClosureStepSGD(int d, double eta, const double *g, const double *H, const double *C, const double *Gamma,
                       double *mean, double *Pi) {
  double A[9], AP[9], next[9] = {0};

  for (int i = 0; i < d * d; i++) A[i] = (i % (d + 1) == 0) - eta * H[i];
  MultiplySmall(d, A, Pi, 0, AP);
  MultiplySmall(d, AP, A, 1, next);
  for (int i = 0; i < d * d; i++) next[i] += eta * eta * C[i];
  for (int i = 0; i < d; i++) {
    next[i * (d + 1)] += eta * eta * Gamma[i] * Pi[i * (d + 1)];
    mean[i] -= eta * g[i];
  }
  memcpy(Pi, next, (size_t)(d * d) * sizeof *Pi);
}

/* State of the linear system: shift of the mean [d], then Pi [d][d]. */
static void LangevinRate(int d, double eta, const double *g, const double *H, const double *C, const double *Gamma,
                         const double *y, double *rate) {
  const double *Pi = y + d;
  double HP[9];

  MultiplySmall(d, H, Pi, 0, HP);
  for (int i = 0; i < d; i++) {
    rate[i] = -g[i];
    for (int j = 0; j < d; j++) {
      rate[i] -= H[i * d + j] * y[j];
      rate[d + i * d + j] =
          -HP[i * d + j] - HP[j * d + i] + eta * C[i * d + j] + (i == j ? eta * Gamma[i] * Pi[i * d + i] : 0);
    }
  }
}

void SgdClosureStepLangevin(int d, double eta, const double *g, const double *H, const double *C, const double *Gamma,
                            double *mean, double *Pi) {
  static const double node[4] = {0, 0.5, 0.5, 1}, weight[4] = {1. / 6, 1. / 3, 1. / 3, 1. / 6};
  const int size = d + d * d;
  double y[12] = {0}, k[12] = {0}, stage[12], sum[12], norm = 0;

  for (int i = 0; i < d * d; i++) norm += fabs(H[i]);
  memcpy(y + d, Pi, (size_t)(d * d) * sizeof *Pi);
  const int substeps = 1 + (int)ceil(eta * norm / 0.1);
  const double dt = eta / substeps;
  for (int s = 0; s < substeps; s++) {
    memset(sum, 0, sizeof sum);
    for (int r = 0; r < 4; r++) {
      for (int i = 0; i < size; i++) stage[i] = y[i] + (r ? node[r] * dt * k[i] : 0);
      LangevinRate(d, eta, g, H, C, Gamma, stage, k);
      for (int i = 0; i < size; i++) sum[i] += weight[r] * k[i];
    }
    for (int i = 0; i < size; i++) y[i] += dt * sum[i];
  }
  for (int i = 0; i < d; i++) mean[i] += y[i];
  memcpy(Pi, y + d, (size_t)(d * d) * sizeof *Pi);
}
