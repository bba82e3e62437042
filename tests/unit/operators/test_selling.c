/* Selling's decomposition: non-negative, exact, integer, for tensors of any orientation. */
#include "operators/generators/selling.h"
#include "cases/base/random.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

/* Q diag(value) Q^T with Q from Gram-Schmidt on normals (three vectors, the first `dim` entries of each). */
static void RandomTensor(int dim, uint64_t seed, const double *value, double *D) {
  double Q[3][3];

  for (int k = 0; k < dim; k++) {
    double norm = 0;
    for (int a = 0; a < dim; a++) Q[k][a] = SgdRandomNormal(seed, (uint64_t)k, (uint64_t)a);
    for (int pass = 0; pass < 2; pass++)
      for (int j = 0; j < k; j++) {
        double dot = 0;
        for (int a = 0; a < dim; a++) dot += Q[k][a] * Q[j][a];
        for (int a = 0; a < dim; a++) Q[k][a] -= dot * Q[j][a];
      }
    for (int a = 0; a < dim; a++) norm += Q[k][a] * Q[k][a];
    for (int a = 0; a < dim; a++) Q[k][a] /= sqrt(norm);
  }
  for (int a = 0, c = 0; a < dim; a++)
    for (int b = a; b < dim; b++, c++) {
      D[c] = 0;
      for (int k = 0; k < dim; k++) D[c] += value[k] * Q[k][a] * Q[k][b];
    }
}

static void CheckDecomposition(int dim, const double *D) {
  SgdSelling s;
  double trace = 0;

  assert_int_equal(SgdSellingDecompose(dim, D, &s), 0);
  assert_true(s.count >= dim && s.count <= dim * (dim + 1) / 2);
  for (int a = 0, c = 0; a < dim; c += dim - a, a++) trace += D[c];
  for (int k = 0; k < s.count; k++) assert_true(s.rho[k] >= 0);
  for (int a = 0, c = 0; a < dim; a++)
    for (int b = a; b < dim; b++, c++) {
      double sum = 0;
      for (int k = 0; k < s.count; k++) sum += s.rho[k] * s.e[k][a] * s.e[k][b];
      if (fabs(sum - D[c]) > 1e-12 * trace) fail_msg("dim %d, entry %d: %.17g, not %.17g", dim, c, sum, D[c]);
    }
}

static void test_random_tensors(void **state) {
  (void)state;
  for (uint64_t seed = 1; seed <= 300; seed++)
    for (int dim = 1; dim <= 3; dim++) {
      const double middle = pow(1e-4, SgdRandomUniform(seed, 9, 9)), value[3] = {1, dim == 2 ? 1e-4 : middle, 1e-4};
      double D[6];
      RandomTensor(dim, seed, value, D);
      CheckDecomposition(dim, D);
    }
}

/* A diagonal tensor needs the axes alone, each with its own rate. */
static void test_diagonal(void **state) {
  const double D[6] = {3, 0, 0, 2, 0, 0.5};
  SgdSelling s;

  (void)state;
  assert_int_equal(SgdSellingDecompose(3, D, &s), 0);
  assert_int_equal(s.count, 3);
  for (int k = 0; k < 3; k++) {
    int length = 0;
    for (int a = 0; a < 3; a++) length += s.e[k][a] * s.e[k][a];
    assert_int_equal(length, 1);
  }
  CheckDecomposition(3, D);
}

/* By hand: [[2, 1], [1, 2]] = e1 e1^T + e2 e2^T + (1,1)(1,1)^T. */
static void test_by_hand(void **state) {
  const double D[3] = {2, 1, 2};
  SgdSelling s;

  (void)state;
  assert_int_equal(SgdSellingDecompose(2, D, &s), 0);
  assert_int_equal(s.count, 3);
  for (int k = 0; k < 3; k++) {
    assert_true(fabs(s.rho[k] - 1) < 1e-15);
    assert_true(s.e[k][0] * s.e[k][1] >= 0);
  }
}

static void test_refusals(void **state) {
  static const double bad2[][3] = {{1, 2, 1}, {-1, 0, 1}, {1, 0, -1}, {0, 0, 0}, {1, 1, 1}, {NAN, 0, 1}};
  static const double bad3[][6] = {{1, 0, 0, 1, 0, -1}, {1, 0.9, -0.9, 1, 0.9, 1}, {1, 2, 0, 1, 0, 1}};
  SgdSelling s;

  (void)state;
  for (size_t i = 0; i < sizeof bad2 / sizeof *bad2; i++) assert_int_not_equal(SgdSellingDecompose(2, bad2[i], &s), 0);
  for (size_t i = 0; i < sizeof bad3 / sizeof *bad3; i++) assert_int_not_equal(SgdSellingDecompose(3, bad3[i], &s), 0);
  assert_int_not_equal(SgdSellingDecompose(1, (const double[]){-1}, &s), 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_tensors), cmocka_unit_test(test_diagonal),
                                     cmocka_unit_test(test_by_hand), cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
