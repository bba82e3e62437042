#include "tail.h"
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

/* |s| << |m|: ln E|X|^alpha = alpha ln|m| + alpha (alpha - 1)/2 (s/m)^2, the rest a part alpha (s/m)^2 of that. */
static double SmallNoise(double m, double s) {
  const double alpha = 1 - 2 * log(fabs(m)) * (m * m) / (s * s);
  return alpha > MOST ? INFINITY : fmax(0, alpha);
}

/* ln E|X|^alpha is convex in alpha, zero at 0 and at the exponent, and negative between: bisection. */
double SgdTailExponent(double eta, double lambda, double Gamma) {
  const double m = 1 - eta * lambda, s = eta * sqrt(Gamma);
  double low = 1e-3, high = MOST;

  if (!(Gamma > 0)) return fabs(m) < 1 ? INFINITY : 0;
  if (s < 1e-3 * fabs(m)) return SmallNoise(m, s);
  if (SgdAbsoluteMoment(m, s, low) >= 1) return 0;
  if (SgdAbsoluteMoment(m, s, high) < 1) return INFINITY;
  while (high - low > 1e-13 * high) {
    const double middle = 0.5 * (low + high);
    if (SgdAbsoluteMoment(m, s, middle) < 1)
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
