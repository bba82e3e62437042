/* phi(q) = 1/(1 + q^2/2) */
#include "cases/noise/step_lawimpl.h"

static double _Complex Laplace(SgdStepLaw l, double q) {
  (void)l;
  return 1 / (1 + 0.5 * q * q);
}

static double LaplaceReach(SgdStepLaw l, double tail) {
  (void)l;
  return -log(tail) / sqrt(2);
}

const SgdStepLawOps SgdLawLaplace = {.name = "laplace", .phi = Laplace, .reach = LaplaceReach};
