/* A gamma variable of the given shape, centred and scaled: SgdLawGammaCharacteristic. */
#include "cases/noise/step_lawimpl.h"

static double _Complex Gamma(SgdStepLaw l, double q) {
  return SgdLawGammaCharacteristic(l->parameters.shape, q);
}

static double GammaReach(SgdStepLaw l, double tail) {
  return SgdLawSubGammaReach(1 / sqrt(l->parameters.shape), tail);
}

static int CreateGamma(SgdStepLaw l, char message[SGD_LAW_MESSAGE]) {
  if (l->parameters.shape > 0) return 0;
  snprintf(message, SGD_LAW_MESSAGE, "law gamma: shape must be positive");
  return 1;
}

const SgdStepLawOps SgdLawGamma = {
    .name = "gamma", .reads = "shape", .phi = Gamma, .reach = GammaReach, .create = CreateGamma};
