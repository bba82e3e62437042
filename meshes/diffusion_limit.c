#include "meshes/diffusion_limit.h"
#include <math.h>

/* Underdamped Langevin stands for both kinds of momentum: they differ by what it drops. */
int SgdLimitKnown(SgdRuleKind kind) {
  return SgdRuleMomentum(kind) || kind == SGD_RULE_RMSPROP || kind == SGD_RULE_ADAM || kind == SGD_RULE_ADAMW;
}

/* (1 - exp(-x))/x */
static double Mean(double x) {
  return fabs(x) > 1e-12 ? -expm1(-x) / x : 1 - x / 2;
}

/* dx = (force - rate x) dt + noise dW from x: the mean after t, and the standard deviation. */
static double Ornstein(double x, double force, double rate, double noise, double t, double *deviation) {
  *deviation = fabs(noise) * sqrt(t * Mean(2 * rate * t));
  return x * exp(-rate * t) + force * t * Mean(rate * t);
}

static double Root(const SgdUpdateRule *r, double s) {
  return sqrt(fmax(s, 0)) + r->epsilon;
}

void SgdLimitMove(const SgdUpdateRule *r, const SgdLimitPlace *p, double t, double z[]) {
  const double eta = r->learning_rate, mu = r->weight_decay;
  double none;

  if (SgdRuleMomentum(r->kind))
    z[0] += t * z[1];
  else if (r->kind == SGD_RULE_RMSPROP)
    z[1] = p->q + (z[1] - p->q) * exp(-(1 - r->decay) * t);
  else
    z[0] = Ornstein(z[0], -eta * (z[1] / Root(r, z[2]) + mu * r->place), eta * mu, 0, t, &none);
}

int SgdLimitKick(const SgdUpdateRule *r, const SgdLimitPlace *p, double t, double z[], double *deviation) {
  const double eta = r->learning_rate, rate = 1 - r->momentum;

  if (SgdRuleMomentum(r->kind)) {
    z[1] = Ornstein(z[1], -eta * p->g, rate, eta * sqrt(p->C), t, deviation);
    return 1;
  }
  if (r->kind == SGD_RULE_RMSPROP) { /* g(a + x) = g + slope x */
    const double scale = eta / Root(r, z[1]);
    z[0] += Ornstein(0, -scale * p->g, scale * p->slope, scale * sqrt(p->C), t, deviation);
    return 0;
  }
  z[1] = Ornstein(z[1], rate * p->g, rate, rate * sqrt(p->C), t, deviation);
  z[2] = p->q + (z[2] - p->q) * exp(-(1 - r->decay) * t);
  return 1;
}
