/* X = 1 or -1, as of two samples, one of them a step: phi(q) = cos q. */
#include "cases/noise/step_lawimpl.h"

static double _Complex Rademacher(SgdStepLaw l, double q) {
  (void)l;
  return cos(q);
}

static double RademacherReach(SgdStepLaw l, double tail) {
  (void)l;
  (void)tail;
  return 1;
}

const SgdStepLawOps SgdLawRademacher = {.name = "rademacher", .phi = Rademacher, .reach = RademacherReach};
