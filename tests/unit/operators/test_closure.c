/* Closed moments against the exact cases: stationary values, regimes at their bounds, matrix recursions. */
#include "operators/linearised/closure.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

/* THEORY.md (72): lambda = D = 1. */
static void test_stationary_values(void **state) {
  static const double table[4][3] = {
      {0.01, 0.005025125628, 0.005}, {0.1, 0.052631578947, 0.05}, {0.5, 1.0 / 3, 0.25}, {1.5, 3, 0.75}};

  (void)state;
  for (int k = 0; k < 4; k++) {
    const SgdModePrediction p = SgdModePredict(table[k][0], 1, 1, 0, 0, 100000);
    assert_int_equal(p.regime, SGD_CONFINED);
    assert_true(fabs(p.variance_stationary - table[k][1]) < 1e-12);
    assert_true(fabs(p.variance_langevin - table[k][2]) < 1e-15);
    assert_true(fabs(p.variance_horizon / p.variance_stationary - 1) < 1e-10);
    assert_true(fabs(p.diffusion - table[k][0] / 2) < 1e-16);
  }
}

/* THEORY.md (81): multiplicative noise, lambda = 1, D = 0.2, eta = 0.6; the bound is eta Gamma = lambda (2 - eta lambda).
 */
static void test_multiplicative(void **state) {
  const double bound = 1.4 / 0.6;

  (void)state;
  assert_true(fabs(SgdModePredict(0.6, 1, 0.2, 1, 0, 1000).variance_stationary - 0.15) < 1e-15);
  assert_true(fabs(SgdModePredict(0.6, 1, 0.2, 2, 0, 1000).variance_stationary - 0.6) < 1e-14);
  assert_true(isnan(SgdModePredict(0.6, 1, 0.2, 2.4, 0, 1000).variance_stationary));
  assert_false(isnan(SgdModePredict(0.6, 1, 0.2, 2.4, 0, 1000).variance_langevin)); /* Langevin's bound is 2 lambda */
  assert_true(isnan(SgdModePredict(0.6, 1, 0.2, 3.4, 0, 1000).variance_langevin));
  assert_int_equal(SgdModePredict(0.6, 1, 0.2, bound - 1e-3, 0, 1000).regime, SGD_CONFINED);
  assert_int_equal(SgdModePredict(0.6, 1, 0.2, bound + 1e-3, 0, 1000).regime, SGD_UNSTABLE);
  assert_int_equal(SgdModePredict(0.6, 1, 0.2, bound, 0, 1000).regime, SGD_DIFFUSIVE);
}

/* At the bound itself the variance is infinite and the exponent two, whatever the rounding; just within it is finite. */
static void test_at_the_bound(void **state) {
  (void)state;
  for (double eta = 0.05; eta < 1.9; eta += 0.01) {
    const double bound = (2 - eta) / eta;
    const SgdModePrediction at = SgdModePredict(eta, 1, 0.2, bound, 0, 10),
                            within = SgdModePredict(eta, 1, 0.2, bound * (1 - 1e-12), 0, 10);
    assert_true(at.margin == 0 && isnan(at.variance_stationary) && at.tail <= 2);
    assert_true(within.margin > 0 && within.variance_stationary > 0 && within.tail > 2);
    assert_true(SgdModePredict(eta, 1, 0.2, 2 / eta, 0, 10).tail_langevin <= 2);
  }
}

/* Noise that vanishes at the critical point: all mass ends there. */
static void test_collapse(void **state) {
  (void)state;
  assert_true(SgdModePredict(0.5, 1, 0, 1, 0, 10).collapses);
  assert_true(SgdModePredict(0.5, 1, 0, 0, 0, 10).collapses);
  assert_false(SgdModePredict(0.5, 1, 0.1, 1, 0, 10).collapses);
  assert_false(SgdModePredict(0.5, -1, 0, 1, 0, 10).collapses);
}

/* Diffusive is what the horizon cannot tell from flat: eta lambda n below a twentieth, about. */
static void test_regimes(void **state) {
  const SgdModePrediction flat = SgdModePredict(0.1, 0, 3, 0, 0.7, 400);

  (void)state;
  assert_int_equal(flat.regime, SGD_DIFFUSIVE);
  assert_true(fabs(flat.variance_horizon - (0.7 + 0.01 * 3 * 400)) < 1e-12);
  assert_true(isnan(flat.variance_stationary) && isnan(flat.variance_langevin));
  assert_int_equal(SgdModePredict(0.1, 0.0045, 1, 0, 0, 100).regime, SGD_DIFFUSIVE);
  assert_int_equal(SgdModePredict(0.1, 0.0055, 1, 0, 0, 100).regime, SGD_CONFINED);
  assert_int_equal(SgdModePredict(0.1, -0.0045, 1, 0, 0, 100).regime, SGD_DIFFUSIVE);
  assert_int_equal(SgdModePredict(0.1, -0.0055, 1, 0, 0, 100).regime, SGD_UNSTABLE);
  assert_int_equal(SgdModePredict(0.1, 20.1, 1, 0, 0, 100).regime, SGD_UNSTABLE); /* eta lambda > 2 */
  assert_int_equal(SgdModePredict(0.1, 10, 1, 0, 0, 100).regime, SGD_CONFINED);   /* eta lambda = 1: one step */
  assert_string_equal(SgdRegimeName(SGD_CONFINED), "confined");
  assert_string_equal(SgdRegimeName(SGD_DIFFUSIVE), "diffusive");
  assert_string_equal(SgdRegimeName(SGD_UNSTABLE), "unstable");
}

/* The horizon's variance is the recursion's, step by step. */
static void test_horizon(void **state) {
  static const double lambda[5] = {1, -0.3, 1e-9, 10, 0};
  static const double Gamma[3] = {0, 0.4, 3};

  (void)state;
  for (int k = 0; k < 15; k++) {
    const double l = lambda[k % 5], G = Gamma[k / 5];
    double Pi = 0.3;
    for (int n = 0; n < 37; n++) Pi = (pow(1 - 0.1 * l, 2) + 0.01 * G) * Pi + 0.01 * 2;
    assert_true(fabs(SgdModePredict(0.1, l, 2, G, 0.3, 37).variance_horizon / Pi - 1) < 1e-11);
  }
}

static const double K[4] = {1, .3, .3, .5}, C[4] = {1, .5, .5, 2}, still[2] = {0, 0};

/* THEORY.md (74). */
static void test_two_dimensions(void **state) {
  double mean[2] = {0}, sgd[4] = {0.3, 0, 0, 0.1}, langevin[4] = {0.3, 0, 0, 0.1};

  (void)state;
  for (int n = 0; n < 400; n++) {
    SgdClosureStepSGD(2, 0.4, still, K, C, still, mean, sgd);
    SgdClosureStepLangevin(2, 0.4, still, K, C, still, mean, langevin);
  }
  assert_true(mean[0] == 0 && mean[1] == 0 && fabs(sgd[1] - sgd[2]) < 1e-15);
  assert_true(fabs(sgd[0] - 0.284282519652) < 1e-12);
  assert_true(fabs(sgd[1] + 0.059184242130) < 1e-12);
  assert_true(fabs(sgd[3] - 0.931825118811) < 1e-12);
  assert_true(fabs(langevin[0] - 0.224390243902) < 1e-12);
  assert_true(fabs(langevin[1] + 0.081300813008) < 1e-12);
  assert_true(fabs(langevin[3] - 0.848780487805) < 1e-12);
}

/* One step with a slope and Hessian noise, by hand: diagonal entries of Gamma only. */
static void test_one_step(void **state) {
  const double g[2] = {2, -1}, Gamma[2] = {3, 0.5}, eta = 0.1;
  double mean[2] = {1, 1}, Pi[4] = {4, 1, 1, 9};

  (void)state;
  SgdClosureStepSGD(2, eta, g, K, C, Gamma, mean, Pi);
  assert_true(fabs(mean[0] - 0.8) < 1e-15 && fabs(mean[1] - 1.1) < 1e-15);
  /* (I - eta K) = [[0.9, -0.03], [-0.03, 0.95]] */
  assert_true(fabs(Pi[0] - (0.81 * 4 - 2 * 0.9 * 0.03 * 1 + 0.0009 * 9 + 0.01 * (1 + 3 * 4))) < 1e-14);
  assert_true(fabs(Pi[1] - (-0.027 * 4 + (0.9 * 0.95 + 0.0009) * 1 - 0.0285 * 9 + 0.01 * 0.5)) < 1e-14);
  assert_true(fabs(Pi[3] - (0.0009 * 4 - 2 * 0.03 * 0.95 * 1 + 0.9025 * 9 + 0.01 * (2 + 0.5 * 9))) < 1e-14);
}

/* Langevin in one dimension, integrated: mean = -(g/H)(1 - exp(-H eta)), Pi = Pi_0 e + (eta C/r)(1 - e), e = exp(-r
   eta), r = 2 H - eta Gamma; also over a step long enough to need substeps. */
static void test_langevin_step(void **state) {
  (void)state;
  for (int k = 0; k < 2; k++) {
    const double eta = k ? 2 : 0.1, H = 1.5, g = 0.7, c = 2, Gamma = 0.6, r = 2 * H - eta * Gamma, e = exp(-r * eta);
    double mean = 0.2, Pi = 0.8;
    SgdClosureStepLangevin(1, eta, &g, &H, &c, &Gamma, &mean, &Pi);
    assert_true(fabs(mean - (0.2 - g / H * (1 - exp(-H * eta)))) < 1e-6);
    assert_true(fabs(Pi - (0.8 * e + eta * c / r * (1 - e))) < 3e-6);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_at_the_bound),   cmocka_unit_test(test_collapse), cmocka_unit_test(test_stationary_values),
      cmocka_unit_test(test_multiplicative), cmocka_unit_test(test_regimes),  cmocka_unit_test(test_horizon),
      cmocka_unit_test(test_two_dimensions), cmocka_unit_test(test_one_step), cmocka_unit_test(test_langevin_step)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
