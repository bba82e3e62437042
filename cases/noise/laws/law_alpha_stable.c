/* Symmetric alpha-stable of unit scale: phi(q) = exp(-|q|^alpha), 0 < alpha <= 2. */
#include "cases/noise/step_lawimpl.h"

#define PI 3.14159265358979323846

static double _Complex AlphaStable(SgdStepLaw l, double q) {
  return exp(-pow(fabs(q), l->parameters.alpha));
}

/* P(|X| > x) ~ (2/pi) sin(pi alpha/2) Gamma(alpha) x^-alpha */
static double AlphaStableReach(SgdStepLaw l, double tail) {
  const double alpha = l->parameters.alpha, c = 2 / PI * fmax(sin(PI * alpha / 2), 1e-3) * tgamma(alpha);
  return fmax(2 * sqrt(-log(tail)), pow(c / tail, 1 / alpha));
}

static int CreateAlphaStable(SgdStepLaw l, char message[SGD_LAW_MESSAGE]) {
  if (l->parameters.alpha > 0 && l->parameters.alpha <= 2) return 0;
  snprintf(message, SGD_LAW_MESSAGE, "law alpha_stable: alpha must be in (0, 2]");
  return 1;
}

static bool AlphaStableHeavy(SgdStepLaw l) {
  return l->parameters.alpha < 2;
}

const SgdStepLawOps SgdLawAlphaStable = {.name = "alpha_stable",
                                         .reads = "alpha",
                                         .phi = AlphaStable,
                                         .reach = AlphaStableReach,
                                         .create = CreateAlphaStable,
                                         .heavy = AlphaStableHeavy,
                                         .other_variance = true};
