#include "solver/measures/stable_fit.h"
#include <math.h>

static const double level[3] = {0.5, 1.5, 0.9}; /* of -ln|phi|: the two that fit, and the one that judges */

/* -ln |phi(k)|, the sum by one rotation a cell. */
static double Exponent(int n, double a0, double h, const double mass[], double k) {
  const double c = cos(k * h), s = sin(k * h);
  double x = cos(k * a0), y = sin(k * a0), re = 0, im = 0;

  for (int i = 0; i < n; i++) {
    re += mass[i] * x;
    im += mass[i] * y;
    const double turned = x * c - y * s;
    y = x * s + y * c;
    x = turned;
  }
  return -log(hypot(re, im));
}

/* The first k at which -ln|phi| reaches the level, or 0. Steps outward by a tenth from half a wave a box on. */
static double Wave(int n, double a0, double h, const double mass[], double wanted) {
  double low = 0, high = 0;

  for (double k = 3.14159265358979324 / (n * h); k < 3.14159265358979324 / h; k *= 1.1) {
    if (Exponent(n, a0, h, mass, k) >= wanted) {
      high = k;
      break;
    }
    low = k;
  }
  if (!(low > 0 && high > 0)) return 0;
  for (int i = 0; i < 60; i++) {
    const double middle = 0.5 * (low + high);
    if (Exponent(n, a0, h, mass, middle) < wanted)
      low = middle;
    else
      high = middle;
  }
  return 0.5 * (low + high);
}

int SgdStableFitDensity(int n, double a0, double h, const double mass[], double lost, SgdStableFit *fit) {
  double k[3], worst[2];

  for (int i = 0; i < 3; i++) {
    k[i] = Wave(n, a0, h, mass, level[i]);
    if (!(k[i] > 0)) return 1;
  }
  for (int i = 0; i < 2; i++) worst[i] = fabs(lost) * exp(level[i]) / level[i]; /* relative, of -ln|phi| */
  fit->alpha = log(level[1] / level[0]) / log(k[1] / k[0]);
  fit->alpha_error = (worst[0] + worst[1]) / log(k[1] / k[0]);
  fit->scale = pow(level[0], 1 / fit->alpha) / k[0];
  fit->scale_error =
      fit->scale * (worst[0] / fit->alpha + fabs(log(level[0])) * fit->alpha_error / (fit->alpha * fit->alpha));
  fit->departure = pow(fit->scale * k[2], fit->alpha) / level[2] - 1;
  return 0;
}
