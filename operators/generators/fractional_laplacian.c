#include "operators/generators/fractional_laplacian.h"
#include <math.h>
#include <string.h>

/* w_{k+1}/w_k */
static double Ratio(double alpha, double k) {
  return (k - alpha / 2) / (k + 1 + alpha / 2);
}

void SgdFractionalRates(double alpha, int count, double w[]) {
  w[0] = exp(lgamma(alpha + 1) - 2 * lgamma(alpha / 2 + 1));
  for (int k = 0; k < count; k++) w[k + 1] = w[k] * (k ? Ratio(alpha, k) : alpha / (2 + alpha));
}

/* w_k (k + alpha/2) - w_{k+1} (k + 1 + alpha/2) = alpha w_k, so the tail telescopes. */
double SgdFractionalTail(double alpha, int k, double w_k) {
  return w_k * (k + alpha / 2) / alpha;
}

#define TURNS 64 /* added one by one; the rest of the tail is as good as uniform, to 1/TURNS^{2 + alpha} */

void SgdFractionalRing(double alpha, int period, double r[]) {
  double w = exp(lgamma(alpha + 1) - 2 * lgamma(alpha / 2 + 1)) * alpha / (2 + alpha);
  int k = 1;

  memset(r, 0, (size_t)period * sizeof *r);
  for (; k <= TURNS * period; k++) {
    r[k % period] += w;
    r[(period - k % period) % period] += w;
    w *= Ratio(alpha, k);
  }
  for (int o = 0; o < period; o++) r[o] += 2 * SgdFractionalTail(alpha, k, w) / period;
  r[0] = 0;
}
