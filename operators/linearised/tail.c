#include "operators/linearised/tail.h"
#include <math.h>

#define MOST 100.0

/* The terms lie around their largest, k ~ x (Poisson), drawn up by at most a few alpha. */
double SgdAbsoluteMoment(double m, double s, double alpha) {
  const double x = m * m / (2 * s * s), width = 12 * sqrt(x) + 60 + 4 * alpha;
  double sum = 0;

  for (double k = fmax(0, floor(x - width)); k <= x + width; k++)
    sum += exp(k * log(fmax(x, 1e-300)) - x - lgamma(k + 1) + lgamma((1 + alpha) / 2 + k) - lgamma(0.5 + k) +
               alpha / 2 * log(2 * s * s));
  return sum;
}

/* psi(k + 1/2) = psi(1/2) + sum_{j < k} 1/(j + 1/2). For s << |m|, where the terms lose their digits,
   E ln|1 + r Z| = -r^2/2 - 3 r^4/4 - 15 r^6/6 - 105 r^8/8 + O(r^10). */
double SgdLyapunovExponent(double m, double s) {
  const double x = m * m / (2 * s * s), width = 12 * sqrt(x) + 60, r = s / fabs(m), q = r * r;
  double sum = 0, all = 0, digamma = -1.96351002602142347944;

  if (r < 0.02) return log(fabs(m)) - q * (0.5 + q * (0.75 + q * (2.5 + q * 13.125)));
  for (double k = 0; k <= x + width; k++) {
    const double term = k < x - width ? 0 : exp(k * log(fmax(x, 1e-300)) - x - lgamma(k + 1));
    sum += term * digamma;
    all += term;
    digamma += 1 / (k + 0.5);
  }
  return log(s) + 0.5 * (M_LN2 + sum / all);
}

/* ln E|m + s Z|^alpha; for r = s/|m| << 1, where the sum would lose its digits against one, from
   E|1 + r Z|^alpha = 1 + alpha (alpha - 1) r^2/2 + alpha (alpha - 1) (alpha - 2) (alpha - 3) r^4/8 + O(r^6). */
static double LogMoment(double m, double s, double alpha) {
  const double r = s / fabs(m), c = alpha * (alpha - 1);

  if (r > 3e-3) return log(SgdAbsoluteMoment(m, s, alpha));
  return alpha * log(fabs(m)) + log1p(c * r * r / 2 * (1 + (alpha - 2) * (alpha - 3) * r * r / 4));
}

/* ln E|X|^alpha is convex in alpha, zero at 0 and at the exponent, and negative between: bisection. */
double SgdTailExponent(double eta, double lambda, double Gamma) {
  const double m = 1 - eta * lambda, s = eta * sqrt(Gamma);
  double low = 1e-3, high = MOST;

  if (!(Gamma > 0)) return fabs(m) < 1 ? INFINITY : 0;
  if (LogMoment(m, s, low) >= 0) return 0;
  if (LogMoment(m, s, high) < 0) return INFINITY;
  while (high - low > 1e-13 * high) {
    const double middle = 0.5 * (low + high);
    if (LogMoment(m, s, middle) < 0)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

double SgdTailExponentLangevin(double eta, double lambda, double Gamma) {
  if (!(Gamma > 0)) return lambda > 0 ? INFINITY : 0;
  return fmax(0, 1 + 2 * lambda / (eta * Gamma));
}
