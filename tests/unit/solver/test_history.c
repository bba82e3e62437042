/* Quantities by name. */
#include "history_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static void Check(int dim, const char *name, double expected) {
  SgdHistory h = MakeHistory();

  for (int k = 0; k < STEPS; k++)
    for (int m = 0; m < MODELS; m++) {
      double value = -1;
      assert_int_equal(SgdHistoryQuantity(&h, dim, k, m, name, &value), 0);
      if (value != expected + 100 * (k * MODELS + m)) fail_msg("%s: %g, not %g", name, value, expected);
    }
}

static void test_scalars(void **state) {
  static const char *const name[] = {"mass", "outflow",   "entropy", "min_density", "negative_mass",
                                     "l1",   "hellinger", "kl",      "mean_error",  "cov_error"};

  (void)state;
  for (int i = 0; i < 10; i++) Check(1, name[i], 1 + i);
}

static void test_axes(void **state) {
  (void)state;
  Check(1, "mean_1", 20);
  Check(3, "mean_3", 22);
  Check(2, "skewness_2", 31);
  Check(3, "kurtosis_3", 42);
  Check(2, "w1_2", 51);
}

/* The upper triangle by rows; either order of the axes. */
static void test_covariances(void **state) {
  static const char *const two[] = {"cov_11", "cov_12", "cov_22"};
  static const char *const three[] = {"cov_11", "cov_12", "cov_13", "cov_22", "cov_23", "cov_33"};

  (void)state;
  Check(1, "cov_11", 60);
  for (int c = 0; c < 3; c++) Check(2, two[c], 60 + c);
  for (int c = 0; c < 6; c++) Check(3, three[c], 60 + c);
  Check(2, "cov_21", 61);
  Check(3, "cov_32", 64);
}

static void test_unknown_names(void **state) {
  static const char *const bad[] = {"",      "mean",   "mean_",  "mean_0",  "mean_3",  "mean_11", "means_1",
                                    "cov_1", "cov_13", "cov_10", "cov_111", "w1",      "w1_3",    "w2_1",
                                    "MASS",  "mass ",  "l1_1",   "cov",     "kurtosis"};
  SgdHistory h = MakeHistory();

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    double value = -1;
    if (!SgdHistoryQuantity(&h, 2, 0, 0, bad[i], &value)) fail_msg("\"%s\" was taken", bad[i]);
    assert_true(value == -1);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_scalars), cmocka_unit_test(test_axes),
                                     cmocka_unit_test(test_covariances), cmocka_unit_test(test_unknown_names)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
