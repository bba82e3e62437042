/* The two parts of an optimizer's diffusion against its solution: means of linear equations, order of the splitting. */
#include "meshes/diffusion_limit.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const SgdUpdateRule base = {
    .learning_rate = 0.1, .momentum = 0.7, .decay = 0.9, .epsilon = 1e-8, .weight_decay = 0.3, .place = 0.2};

/* g(a) = a, C = 1.3; `substeps` splittings a step, without the noise: the mean. */
static void Walk(SgdRuleKind kind, int substeps, int steps, double z[3]) {
  SgdUpdateRule r = base;
  double deviation;

  r.kind = kind;
  if (kind != SGD_RULE_ADAMW) r.weight_decay = 0;
  for (int i = 0; i < steps * substeps; i++)
    for (int part = 0; part < 3; part++) {
      const SgdLimitPlace p = {.g = z[0], .slope = 1, .C = 1.3, .q = 1.3};
      if (part == 1)
        SgdLimitKick(&r, &p, 1.0 / substeps, z, &deviation);
      else
        SgdLimitMove(&r, &p, 0.5 / substeps, z);
    }
}

/* Halving the substep divides what changes by four: second order. */
static void test_order(void **state) {
  static const SgdRuleKind kinds[] = {SGD_RULE_HEAVY_BALL, SGD_RULE_NESTEROV, SGD_RULE_RMSPROP, SGD_RULE_ADAM,
                                      SGD_RULE_ADAMW};

  (void)state;
  for (int k = 0; k < 5; k++) {
    double place[3];
    for (int i = 0; i < 3; i++) {
      double z[3] = {1.0, kinds[k] == SGD_RULE_RMSPROP ? 0.6 : 0.3, 0.6};
      Walk(kinds[k], 4 << i, 10, z);
      place[i] = z[0];
    }
    const double ratio = (place[1] - place[0]) / (place[2] - place[1]);
    assert_true(ratio > 3.8 && ratio < 4.2);
  }
}

/* Underdamped Langevin's mean at g = a: a'' = -(1 - beta) a' - eta a, two real exponentials. */
static void test_underdamped(void **state) {
  const double rate = 1 - base.momentum, root = sqrt(0.25 * rate * rate - 0.02), fast = -0.5 * rate - root,
               slow = -0.5 * rate + root;
  SgdUpdateRule r = base;
  double z[3] = {1, 0, 0}, deviation;

  (void)state;
  r.kind = SGD_RULE_NESTEROV;
  r.learning_rate = 0.02;
  for (int i = 0; i < 4000; i++) {
    SgdLimitMove(&r, NULL, 0.00125, z);
    const SgdLimitPlace p = {.g = z[0], .C = 1};
    SgdLimitKick(&r, &p, 0.0025, z, &deviation);
    SgdLimitMove(&r, NULL, 0.00125, z);
  }
  assert_true(fabs(z[0] - (slow * exp(fast * 10) - fast * exp(slow * 10)) / (slow - fast)) < 1e-7);
  assert_true(fabs(deviation * deviation - 0.02 * 0.02 * -expm1(-2 * rate * 0.0025) / (2 * rate)) < 1e-18);
}

/* RMSprop with s at rest is an Ornstein-Uhlenbeck process, exactly, in any number of substeps. */
static void test_ornstein(void **state) {
  SgdUpdateRule r = base;
  double z[3] = {1, 1.3, 0}, deviation;
  const SgdLimitPlace p = {.g = 1, .slope = 1, .C = 1.3, .q = 1.3};
  const double scale = 0.1 / (sqrt(1.3) + 1e-8);

  (void)state;
  r.kind = SGD_RULE_RMSPROP;
  assert_int_equal(SgdLimitKick(&r, &p, 3, z, &deviation), 0);
  assert_true(fabs(z[0] - exp(-3 * scale)) < 1e-14);
  assert_true(fabs(deviation * deviation - scale * 1.3 * -expm1(-6 * scale) / 2) < 1e-14);
  assert_false(SgdLimitKnown(SGD_RULE_SIGN));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_underdamped),
                                     cmocka_unit_test(test_ornstein)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
