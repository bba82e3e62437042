/* X = Y - 1 with Y exponential: phi(q) = exp(i q)/(1 + i q). */
#include "cases/noise/step_lawimpl.h"

static double _Complex Exponential(SgdStepLaw l, double q) {
  (void)l;
  return SgdLawGammaCharacteristic(1, q);
}

static double ExponentialReach(SgdStepLaw l, double tail) {
  (void)l;
  return fmax(1, -log(tail) - 1);
}

const SgdStepLawOps SgdLawExponential = {.name = "exponential", .phi = Exponential, .reach = ExponentialReach};
