/* The stochastic differential equations that the literature puts in the place of optimizers with a memory (THEORY.md (93), (94)), time
   in steps n, one Wiener process W, C the variance of a batch's gradient:
     nesterov, heavy ball   da = v dn,  dv = -((1 - beta) v + eta g) dn + eta sqrt(C) dW          (underdamped Langevin)
     rmsprop                da = -eta/(sqrt(s) + epsilon) (g dn + sqrt(C) dW),  ds = (1 - beta_2)(q - s) dn
     adam, adamw            da = -eta m/(sqrt(s) + epsilon) dn - eta mu (a + a_0) dn,
                            dm = (1 - beta_1)((g - m) dn + sqrt(C) dW),  ds = (1 - beta_2)(q - s) dn
   with q = C, the noise alone (Malladi, Lyu, Panigrahi, Arora, NeurIPS 2022, for noise far above the gradient), or q = C + g^2.
   What they drop: that steps are finite (orders eta, 1 - beta and beyond), the fluctuations of s, and with q = C its
   mean's share g^2. Noise drives one coordinate alone, so the equation is split into two parts that are each solved
   exactly where the place a stands still (rmsprop: for g linear and C constant over a step):
     move   what no noise drives and what it needs stands still,
     kick   the coordinate that the noise drives: an Ornstein-Uhlenbeck process, and s where a stands still.
   Plain C. */
#pragma once
#include "meshes/update_rule.h"

/* What the slice has at a cell: mean gradient, its derivative, variance of the batch, and q. */
typedef struct {
  double g, slope, C, q;
} SgdLimitPlace;

/* Is there an equation for it? */
int SgdLimitKnown(SgdRuleKind kind);
/* z moved on by t steps, without the noise's part. */
void SgdLimitMove(const SgdUpdateRule *r, const SgdLimitPlace *p, double t, double z[]);
/* The kick's mean, into z, and its standard deviation; returns the axis that it spreads along. */
int SgdLimitKick(const SgdUpdateRule *r, const SgdLimitPlace *p, double t, double z[], double *deviation);
