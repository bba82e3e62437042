/* A template: copy it, give it your name (CONTRIBUTING.md, "A noise law"). It is a law of its own.

   Law `template`, the hyperbolic secant: density (1/2) sech(pi x/2), mean 0, variance 1, skewness 0, excess kurtosis 2,
     phi(q) = E exp(-i q X) = sech(q) = 2 e^{-|q|}/(1 + e^{-2|q|}). */
#include "cases/noise/step_lawimpl.h"

static double _Complex StepLawCharacteristic_Template(SgdStepLaw law, double q) {
  const double decay = exp(-fabs(q)); /* no overflow, however large q */

  (void)law; /* law->parameters: shape, rate, alpha, table of the case; this law has none */
  return 2 * decay / (1 + decay * decay);
}

/* P(|X| > x) = (4/pi) atan(e^{-pi x/2}) <= (4/pi) e^{-pi x/2}: a bound will do, a box that is too small will not. */
static double StepLawReach_Template(SgdStepLaw law, double tail) {
  (void)law;
  return 2 / 3.14159265358979323846 * log(4 / (3.14159265358979323846 * tail));
}

/* A law with parameters checks them in `create`; one without a variance says so in `heavy` and `other_variance`. */
const SgdStepLawOps SgdLawTemplate = {
    .name = "template", .phi = StepLawCharacteristic_Template, .reach = StepLawReach_Template};
