/* Named noise laws: unit variance, the cumulants they promise, Hermitian symmetry, reach, and what is refused. */
#include "cases/noise/step_law.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <cmocka.h>

static const SgdStepLawParameters some = {.shape = 4, .rate = 8, .alpha = 1.5};

/* kappa_n from ln phi(q) = sum_n kappa_n (-i q)^n / n!, by central differences. */
static void Cumulants(SgdStepLaw law, double kappa[5]) {
  const double h = 0.05;
  double _Complex f[7];

  for (int i = -3; i <= 3; i++) f[i + 3] = clog(SgdStepLawCharacteristic(law, i * h));
  const double _Complex d1 = (-f[0] + 9 * f[1] - 45 * f[2] + 45 * f[4] - 9 * f[5] + f[6]) / (60 * h),
                        d2 = (2 * f[0] - 27 * f[1] + 270 * f[2] - 490 * f[3] + 270 * f[4] - 27 * f[5] + 2 * f[6]) /
                             (180 * h * h),
                        d3 = (f[0] - 8 * f[1] + 13 * f[2] - 13 * f[4] + 8 * f[5] - f[6]) / (8 * h * h * h),
                        d4 = (-f[0] + 12 * f[1] - 39 * f[2] + 56 * f[3] - 39 * f[4] + 12 * f[5] - f[6]) /
                             (6 * h * h * h * h);
  kappa[1] = creal(d1 / -I);
  kappa[2] = creal(d2 / -1);
  kappa[3] = creal(d3 / I);
  kappa[4] = creal(d4);
}

static void test_cumulants(void **state) {
  static const struct {
    const char *name;
    double skewness, kurtosis;
  } expected[] = {{"gaussian", 0, 0},
                  {"uniform", 0, -1.2},
                  {"rademacher", 0, -2},
                  {"exponential", 2, 6},
                  {"gamma", 1, 1.5},
                  {"laplace", 0, 3},
                  {"compound_poisson", 0.75, 0.75},
                  {"poisson", 0.35355339, 0.125}};
  double kappa[5];
  char message[256];

  (void)state;
  for (int i = 0; i < 8; i++) {
    SgdStepLaw law = SgdStepLawCreate(expected[i].name, &some, message);
    assert_non_null(law);
    Cumulants(law, kappa);
    assert_true(fabs(kappa[1]) < 1e-6);
    assert_true(fabs(kappa[2] - 1) < 1e-6);
    assert_true(fabs(kappa[3] - expected[i].skewness) < 2e-3);
    assert_true(fabs(kappa[4] - expected[i].kurtosis) < 1e-2);
    assert_true(SgdStepLawReach(law, 1e-8) >= 1);
    SgdStepLawDestroy(&law);
  }
}

static void test_symmetry(void **state) {
  char message[256];

  (void)state;
  for (int i = 0; SgdStepLawNames()[i]; i++) {
    SgdStepLaw law = SgdStepLawCreate(SgdStepLawNames()[i], &some, message);
    if (!law) continue; /* tabulated, without a table */
    assert_true(cabs(SgdStepLawCharacteristic(law, 0) - 1) < 1e-15);
    for (double q = 0.1; q < 40; q *= 1.7) {
      const double _Complex phi = SgdStepLawCharacteristic(law, q);
      assert_true(cabs(phi) <= 1 + 1e-12);
      assert_true(cabs(phi - conj(SgdStepLawCharacteristic(law, -q))) < 1e-15);
    }
    SgdStepLawDestroy(&law);
  }
}

/* The Laplace law through a table. */
static void test_table(void **state) {
  char path[] = "/tmp/sgdfp_table_XXXXXX", message[256];
  FILE *file = fdopen(mkstemp(path), "w");
  SgdStepLawParameters table = {.table = path};
  double last;

  (void)state;
  assert_non_null(file);
  fprintf(file, "# q re im\n");
  for (int i = 0; i <= 2000; i++) fprintf(file, "%.17g %.17g 0\n", 0.01 * i, 1 / (1 + 0.5 * 1e-4 * i * i));
  fclose(file);
  SgdStepLaw law = SgdStepLawCreate("tabulated", &table, message);
  assert_non_null(law);
  for (double q = -19.9; q < 20; q += 0.0537)
    assert_true(cabs(SgdStepLawCharacteristic(law, q) - 1 / (1 + 0.5 * q * q)) < 1e-8);
  assert_true(SgdStepLawRange(law, &last) == 20 && fabs(last - 1 / 201.0) < 1e-12);
  SgdStepLawDestroy(&law);
  unlink(path);
}

static void test_refusals(void **state) {
  const SgdStepLawParameters wrong = {.shape = -1, .rate = 0, .alpha = 2.5, .table = "/nonexistent"};
  static const char *const names[] = {"gamma", "compound_poisson", "alpha_stable", "tabulated", "gausian"};
  char message[256];

  (void)state;
  for (int i = 0; i < 5; i++) {
    assert_null(SgdStepLawCreate(names[i], &wrong, message));
    assert_true(message[0] != 0);
  }
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cumulants),
      cmocka_unit_test(test_symmetry),
      cmocka_unit_test(test_table),
      cmocka_unit_test(test_refusals),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
