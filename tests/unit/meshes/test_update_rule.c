/* The moments of optimizers' steps against closed forms and plain sums over the noise. */
#include "meshes/update_rule.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const SgdUpdateRule base = {
    .learning_rate = 0.2, .momentum = 0.7, .decay = 0.9, .epsilon = 1e-8, .threshold = 0.8, .weight_decay = 0};

static SgdUpdateRule Rule(SgdRuleKind kind) {
  SgdUpdateRule r = base;
  r.kind = kind;
  return r;
}

/* The midpoint rule with 200,000 values of the noise, the maps as their papers have them. */
static void Sum(const SgdUpdateRule *r, const double z[], double g, double variance, double mean[], double second[]) {
  const int d = SgdRuleDimension(r->kind), n = 200000;
  double out[3];

  for (int i = 0; i < 9; i++) second[i] = mean[i / 3] = 0;
  for (int k = 0; k < n; k++) {
    const double x = -10 + 20 * (k + 0.5) / n, w = exp(-0.5 * x * x) / sqrt(2 * PETSC_PI) * 20 / n;
    SgdRuleApply(r, z, g + sqrt(variance) * x, out);
    for (int a = 0; a < d; a++) mean[a] += w * (out[a] - z[a]);
    for (int a = 0; a < d; a++)
      for (int b = 0; b < d; b++) second[3 * a + b] += w * (out[a] - z[a]) * (out[b] - z[b]);
  }
}

static void test_moments(void **state) {
  static const SgdRuleKind kinds[] = {SGD_RULE_SIGN, SGD_RULE_CLIPPED, SGD_RULE_NESTEROV, SGD_RULE_RMSPROP,
                                      SGD_RULE_ADAM};
  static const double tolerance[] = {1e-4, 1e-8, 1e-9, 1e-9, 1e-9}; /* the sum's own, where the map jumps or bends */
  const double z[3] = {0.4, 0.3, 1.7};

  (void)state;
  for (int k = 0; k < 5; k++) {
    const SgdUpdateRule r = Rule(kinds[k]);
    const int d = SgdRuleDimension(r.kind);
    double state_of[3] = {z[0], d == 2 ? z[2] : z[1], z[2]}, mean[3], cov[6], want[3], second[9];
    SgdRuleMoments(&r, SGD_RULE_NODES, state_of, &(SgdRuleGradient){.g = 0.5, .variance = 1.3}, mean, cov);
    Sum(&r, state_of, 0.5, 1.3, want, second);
    for (int a = 0, c = 0; a < d; a++) {
      assert_true(fabs(mean[a] - want[a]) < tolerance[k]);
      for (int b = a; b < d; b++, c++)
        assert_true(fabs(cov[c] - (second[3 * a + b] - want[a] * want[b])) < tolerance[k]);
    }
  }
}

/* E sign(G) = erf(g/sqrt(2 C)); the probabilities sum to one for every rule, and without noise there is one state. */
static void test_sign_and_sums(void **state) {
  const double z[3] = {0.1, 0.2, 0.9};
  double place[3 * SGD_RULE_MOST], weight[SGD_RULE_MOST], mean[3], cov[6];
  const SgdUpdateRule sign = Rule(SGD_RULE_SIGN);
  const SgdRuleGradient G = {0.3, 2.0, {0.5, 0.1}, {2.5, 1.5}, NULL}, sure = {0.3, 0, {0.5, 0.1}, {0, 0}, NULL};

  (void)state;
  SgdRuleMoments(&sign, SGD_RULE_NODES, z, &G, mean, cov);
  assert_true(fabs(mean[0] + 0.2 * erf(0.3 / 2)) < 1e-15);
  assert_true(fabs(cov[0] - 0.04 * (1 - PetscSqr(erf(0.15)))) < 1e-15);
  for (int kind = SGD_RULE_SIGN; kind <= SGD_RULE_ADAMW; kind++) {
    const SgdUpdateRule r = Rule((SgdRuleKind)kind);
    const int count = SgdRuleAtoms(&r, SGD_RULE_NODES, z, &G, place, weight);
    double sum = 0;
    assert_true(count <= SGD_RULE_MOST);
    for (int i = 0; i < count; i++) sum += weight[i];
    assert_true(fabs(sum - 1) < 1e-14);
    assert_int_equal(SgdRuleAtoms(&r, SGD_RULE_NODES, z, &sure, place, weight), 1);
  }
}

/* Sam as its paper has it, in one dimension: climb by rho along the batch's gradient, then step with the same batch's
   gradient there; g = a + a^3, C = (1 + a/2)^2, by a midpoint sum that has a point on either side of the sign's change. */
static void test_sam(void **state) {
  const double a = 0.15, eta = 0.2, rho = 0.3, cut = -(a + a * a * a) / (1 + a / 2);
  SgdUpdateRule r = Rule(SGD_RULE_SAM);
  SgdRuleGradient G = {a + a * a * a, PetscSqr(1 + a / 2), {0, 0}, {0, 0}, NULL};
  double want[2] = {0, 0}, mean[3], cov[6];

  (void)state;
  r.radius = rho;
  for (int k = 0; k < 2; k++) {
    const double b = a + (k ? -rho : rho);
    G.side_g[k] = b + b * b * b;
    G.side_variance[k] = PetscSqr(1 + b / 2);
  }
  for (int i = 0; i < 200000; i++) { /* half of the points below the cut */
    const int below = i < 100000;
    const double h = (below ? cut + 10 : 10 - cut) / 100000, x = (below ? -10 : cut) + h * (i % 100000 + 0.5),
                 b = a + (below ? -rho : rho), dz = -eta * (b + b * b * b + (1 + b / 2) * x),
                 w = h * exp(-0.5 * x * x) / sqrt(2 * PETSC_PI);
    want[0] += w * dz;
    want[1] += w * dz * dz;
  }
  SgdRuleMoments(&r, SGD_RULE_NODES, &a, &G, mean, cov);
  assert_true(fabs(mean[0] - want[0]) < 1e-9);
  assert_true(fabs(cov[0] - (want[1] - want[0] * want[0])) < 1e-9);
}

/* Heavy ball: the velocity first, then the place by the new one. */
static void test_heavy_ball(void **state) {
  const SgdUpdateRule r = Rule(SGD_RULE_HEAVY_BALL);
  const double z[2] = {0.3, -0.2};
  double out[2];

  (void)state;
  SgdRuleApply(&r, z, 0.9, out);
  assert_true(fabs(out[1] - (0.7 * -0.2 - 0.2 * 0.9)) < 1e-15);
  assert_true(fabs(out[0] - (0.3 + out[1])) < 1e-15);
}

/* Nesterov's step in (a, v) as it was published, seen in y = a + beta v. */
static void test_nesterov(void **state) {
  const SgdUpdateRule r = Rule(SGD_RULE_NESTEROV);
  const double a = 0.3, v = -0.2, G = 0.9, y[2] = {a + 0.7 * v, v}, v1 = 0.7 * v - 0.2 * G, a1 = a + v1;
  double out[2];

  (void)state;
  SgdRuleApply(&r, y, G, out);
  assert_true(fabs(out[1] - v1) < 1e-15);
  assert_true(fabs(out[0] - (a1 + 0.7 * v1)) < 1e-15);
}

/* Also under a Gaussian draw, whose displacement is linear in it; and over a list of batches, by its plain sums. */
static void test_also(void **state) {
  static const double value[9] = {0.5, -1, 0.2, 1.5, 0.25, -0.4, -0.75, 2, 0.9}, probability[3] = {0.5, 0.3, 0.2};
  const double z[2] = {0.4, 0.7}, pi = 1 / (1 + exp(-0.7)), eta = 0.2, gamma = 0.3, tau = 0.5;
  SgdUpdateRule r = Rule(SGD_RULE_ALSO);
  SgdRuleGroups groups = {.mean = {0.5, -0.2, 0.3}, .cov = {1.3, 0, 0.4, 0.8, -0.2, 0.6}};
  const SgdRuleGradient G = {.groups = &groups};
  double mean[3], cov[6], X = 0, XX = 0, D = 0;

  (void)state;
  r.weighing = (SgdGroupWeights){gamma, tau, 0.25};
  SgdRuleMoments(&r, SGD_RULE_NODES, z, &G, mean, cov);
  assert_true(fabs(mean[0] + eta * (0.5 * pi - 0.2 * (1 - pi))) < 1e-14);
  assert_true(fabs(mean[1] - (gamma * tau * (log(0.25 / 0.75) - 0.7) + gamma * 0.3)) < 1e-14);
  assert_true(fabs(cov[0] - eta * eta * (1.3 * pi * pi + 0.8 * (1 - pi) * (1 - pi))) < 1e-14);
  assert_true(fabs(cov[1] + eta * gamma * (0.4 * pi - 0.2 * (1 - pi))) < 1e-14);
  assert_true(fabs(cov[2] - gamma * gamma * 0.6) < 1e-14);
  groups.batches = 3;
  groups.value = value;
  groups.probability = probability;
  for (int i = 0; i < 3; i++) {
    const double x = pi * value[3 * i] + (1 - pi) * value[3 * i + 1];
    X += probability[i] * x;
    XX += probability[i] * x * x;
    D += probability[i] * value[3 * i + 2];
  }
  SgdRuleMoments(&r, SGD_RULE_NODES, z, &G, mean, cov);
  assert_true(fabs(mean[0] + eta * X) < 1e-14);
  assert_true(fabs(mean[1] - (gamma * tau * (log(0.25 / 0.75) - 0.7) + gamma * D)) < 1e-14);
  assert_true(fabs(cov[0] - eta * eta * (XX - X * X)) < 1e-14);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments),  cmocka_unit_test(test_sign_and_sums),
                                     cmocka_unit_test(test_sam),      cmocka_unit_test(test_heavy_ball),
                                     cmocka_unit_test(test_nesterov), cmocka_unit_test(test_also)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
