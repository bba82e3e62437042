/* A Poisson number, of mean `rate`, of jumps of one size 1/sqrt(rate), centred: skewness 1/sqrt(rate), excess kurtosis 1/rate,
   phi(q) = exp(rate (exp(-i x) - 1 + i x)), x = q/sqrt(rate). Its values are a lattice: phi does not decay. */
#include "cases/noise/step_lawimpl.h"

static double _Complex Poisson(SgdStepLaw l, double q) {
  const double rate = l->parameters.rate, x = q / sqrt(rate);
  return cexp(rate * (cexp(-I * x) - 1 + I * x));
}

/* The cumulants of a Poisson variable of this scale are below those of the gamma variable of the same scale. */
static double PoissonReach(SgdStepLaw l, double tail) {
  return SgdLawSubGammaReach(1 / sqrt(l->parameters.rate), tail);
}

static int CreatePoisson(SgdStepLaw l, char message[SGD_LAW_MESSAGE]) {
  if (l->parameters.rate > 0) return 0;
  snprintf(message, SGD_LAW_MESSAGE, "law poisson: rate must be positive");
  return 1;
}

const SgdStepLawOps SgdLawPoisson = {
    .name = "poisson", .reads = "rate", .phi = Poisson, .reach = PoissonReach, .create = CreatePoisson};
