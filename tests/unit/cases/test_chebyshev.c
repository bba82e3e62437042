/* Chebyshev interpolation: exact for polynomials, geometric for analytic functions. */
#include "cases/base/chebyshev.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const double low = -1.5, high = 2;

static double Polynomial(double x, int degree) {
  double sum = 0;
  for (int k = 0; k <= degree; k++) sum = sum * x + 1 + 0.3 * k;
  return sum;
}

static double Interpolated(PetscInt n, double x, double (*f)(double, int), int degree) {
  double row[64], sum = 0;

  SgdChebyshevRow(n, low, high, x, row);
  for (PetscInt j = 0; j < n; j++) sum += row[j] * f(SgdChebyshevNode(n, j, low, high), degree);
  return sum;
}

/* The largest error on 101 points, relative to the largest value. */
static double Error(PetscInt n, double (*f)(double, int), int degree) {
  double worst = 0, most = 0;

  for (int i = 0; i <= 100; i++) {
    const double x = low + (high - low) * i / 100;
    worst = PetscMax(worst, fabs(Interpolated(n, x, f, degree) - f(x, degree)));
    most = PetscMax(most, fabs(f(x, degree)));
  }
  return worst / most;
}

static void test_nodes(void **state) {
  (void)state;
  for (PetscInt n = 2; n < 20; n++) {
    assert_true(fabs(SgdChebyshevNode(n, 0, low, high) - low) < 1e-15);
    assert_true(fabs(SgdChebyshevNode(n, n - 1, low, high) - high) < 1e-15);
    for (PetscInt j = 1; j < n; j++)
      assert_true(SgdChebyshevNode(n, j, low, high) > SgdChebyshevNode(n, j - 1, low, high));
  }
}

/* At a node the row picks that node alone (to rounding: the node itself may be rounded differently). */
static void test_row_at_a_node(void **state) {
  double row[9];

  (void)state;
  for (PetscInt j = 0; j < 9; j++) {
    SgdChebyshevRow(9, low, high, SgdChebyshevNode(9, j, low, high), row);
    for (PetscInt k = 0; k < 9; k++) assert_true(fabs(row[k] - (k == j)) < 1e-13);
  }
}

/* n nodes carry degree n - 1, and no more. */
static void test_polynomials(void **state) {
  (void)state;
  for (int n = 2; n <= 16; n++) {
    for (int degree = 0; degree < n; degree++) assert_true(Error(n, Polynomial, degree) < 1e-13);
    assert_true(Error(n, Polynomial, n) > 1e-9);
  }
}

static double Exponential(double x, int unused) {
  (void)unused;
  return exp(x);
}

/* exp: each two nodes more gain more than a digit, down to rounding. */
static void test_convergence(void **state) {
  double last = 1;

  (void)state;
  for (PetscInt n = 3; n <= 15; n += 2) {
    const double error = Error(n, Exponential, 0);
    assert_true(error < last / 10);
    last = error;
  }
  assert_true(last < 1e-12);
  assert_true(Error(33, Exponential, 0) < 1e-14);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_nodes), cmocka_unit_test(test_row_at_a_node),
                                     cmocka_unit_test(test_polynomials), cmocka_unit_test(test_convergence)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
