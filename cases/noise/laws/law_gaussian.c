/* phi(q) = exp(-q^2/2) */
#include "cases/noise/step_lawimpl.h"

static double _Complex Gaussian(SgdStepLaw l, double q) {
  (void)l;
  return exp(-0.5 * q * q);
}

static double GaussianReach(SgdStepLaw l, double tail) {
  (void)l;
  return sqrt(-2 * log(tail));
}

const SgdStepLawOps SgdLawGaussian = {.name = "gaussian", .phi = Gaussian, .reach = GaussianReach};
