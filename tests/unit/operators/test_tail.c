/* Tail exponents against exact moments and THEORY.md (81). */
#include "operators/linearised/closure.h"
#include "operators/linearised/tail.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* alpha = 2, 4: m^2 + s^2, m^4 + 6 m^2 s^2 + 3 s^4; m = 0, alpha = 1: s sqrt(2/pi). */
static void test_moments(void **state) {
  static const double m[4] = {0.4, 0, -1.3, 0.999}, s[4] = {0.9, 0.7, 0.2, 0.004};

  (void)state;
  for (int k = 0; k < 4; k++) {
    const double second = m[k] * m[k] + s[k] * s[k], fourth = pow(m[k], 4) + 6 * pow(m[k] * s[k], 2) + 3 * pow(s[k], 4);
    assert_true(fabs(SgdAbsoluteMoment(m[k], s[k], 2) / second - 1) < 1e-10);
    assert_true(fabs(SgdAbsoluteMoment(m[k], s[k], 4) / fourth - 1) < 1e-10);
  }
  assert_true(fabs(SgdAbsoluteMoment(0, 0.7, 1) - 0.7 * sqrt(2 / acos(-1))) < 1e-14);
}

/* eta = 0.6, lambda = 1: infinite variance at Gamma = 2.4, with a stationary density; at the bound 7/3 alpha is 2. */
static void test_exponents(void **state) {
  (void)state;
  assert_true(fabs(SgdTailExponent(0.6, 1, 2.4) - 1.934969) < 5e-7);
  assert_true(fabs(SgdTailExponent(0.6, 1, 1.4 / 0.6) - 2) < 1e-9);
  assert_true(SgdTailExponent(0.6, 1, 2) > 2 && SgdTailExponent(0.6, 1, 1) > SgdTailExponent(0.6, 1, 2));
  assert_true(SgdTailExponent(0.6, 1, 40) == 0);      /* no stationary density */
  assert_true(isinf(SgdTailExponent(0.6, 1, 0)));     /* additive noise */
  assert_true(isinf(SgdTailExponent(0.1, 1, 0.001))); /* beyond 100 */
  assert_true(SgdTailExponent(0.6, -1, 0) == 0);
  for (double alpha = 1.5; alpha < 60; alpha *= 2) { /* both ways to compute it, either side of s/m = 3e-3 */
    const double lambda = -expm1(-0.5 * (alpha - 1) * 9e-6), Gamma = 9e-6 * (1 - lambda) * (1 - lambda);
    const double above = SgdTailExponent(1, lambda, 1.0001 * Gamma), below = SgdTailExponent(1, lambda, 0.9999 * Gamma);
    assert_true(fabs(above - alpha) < 0.02 * alpha && above < below);
    assert_true(fabs(below - above - 0.0002 * (alpha - 1)) < 1e-4 * alpha);
  }
}

/* m = 0: ln s - (gamma + ln 2)/2; the two ways on either side of s/m = 0.02; below zero where a tail has an exponent. */
static void test_lyapunov(void **state) {
  (void)state;
  assert_true(fabs(SgdLyapunovExponent(0, 0.7) - (log(0.7) - 0.5 * (0.57721566490153286 + log(2)))) < 1e-14);
  assert_true(fabs(SgdLyapunovExponent(1, 0.02 + 1e-9) - SgdLyapunovExponent(1, 0.02 - 1e-9) + 2e-9 * 0.02) < 1e-12);
  assert_true(SgdLyapunovExponent(0.9, 0) == log(0.9));
  for (double Gamma = 1; Gamma < 60; Gamma *= 1.3) {
    const double rate = SgdLyapunovExponent(1 - 0.6, 0.6 * sqrt(Gamma));
    if (fabs(rate) > 2e-3) assert_true((rate < 0) == (SgdTailExponent(0.6, 1, Gamma) > 0));
  }
}

/* Finite variance on the same side of the same bound as the closed moments have it, SGD's and Langevin's. */
static void test_same_bound(void **state) {
  (void)state;
  for (double Gamma = 0.5; Gamma < 6; Gamma += 0.21) {
    const SgdModePrediction p = SgdModePredict(0.6, 1, 0.2, Gamma, 0, 1000);
    assert_true((p.margin > 0) == (SgdTailExponent(0.6, 1, Gamma) > 2));
    assert_true(isnan(p.variance_langevin) == !(SgdTailExponentLangevin(0.6, 1, Gamma) > 2));
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments), cmocka_unit_test(test_exponents),
                                     cmocka_unit_test(test_lyapunov), cmocka_unit_test(test_same_bound)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
