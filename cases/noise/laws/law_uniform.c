/* Uniform in [-r, r], r = sqrt 3: phi(q) = sin(r q)/(r q). */
#include "cases/noise/step_lawimpl.h"

static double _Complex Uniform(SgdStepLaw l, double q) {
  const double x = sqrt(3) * q;
  (void)l;
  return fabs(x) < 1e-4 ? 1 - x * x / 6 : sin(x) / x;
}

static double UniformReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return sqrt(3);
}

const SgdStepLawOps SgdLawUniform = {.name = "uniform", .phi = Uniform, .reach = UniformReach};
