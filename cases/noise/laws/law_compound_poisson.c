/* A Poisson number, of mean `rate`, of exponential jumps of mean m = 1/sqrt(2 rate), centred:
   phi(q) = exp(rate (1/(1 + i q m) - 1 + i q m)). */
#include "cases/noise/step_lawimpl.h"

static double _Complex CompoundPoisson(SgdStepLaw l, double q) {
  const double rate = l->parameters.rate, x = q / sqrt(2 * rate);
  return cexp(rate * (1 / (1 + I * x) - 1 + I * x));
}

static double CompoundPoissonReach(SgdStepLaw l, double tail) {
  return SgdLawSubGammaReach(1 / sqrt(2 * l->parameters.rate), tail);
}

static int CreateCompoundPoisson(SgdStepLaw l, char message[SGD_LAW_MESSAGE]) {
  if (l->parameters.rate > 0) return 0;
  snprintf(message, SGD_LAW_MESSAGE, "law compound_poisson: rate must be positive");
  return 1;
}

const SgdStepLawOps SgdLawCompoundPoisson = {.name = "compound_poisson",
                                             .reads = "rate",
                                             .phi = CompoundPoisson,
                                             .reach = CompoundPoissonReach,
                                             .create = CreateCompoundPoisson};
