/* Cross approximation: the matrix from the rows and columns it took, to the error it states; how many it takes, against the
   same with the whole matrix searched for every pivot; and matrices that end it early. */
#include "cases/noise/draw_law.h"
#include "operators/noise/cross_approximation.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { ROWS = 150, COLUMNS = 210, MOST = 120 };

/* exp(-i q c) to the power of 4 for places and waves: a law of two values, ranks of some tens. */
static void Fill(double *A) {
  for (int i = 0; i < ROWS; i++)
    for (int m = 0; m < COLUMNS / 2; m++) {
      const double x = (double)i / ROWS, q = 0.2 * m;
      double re = 0.6 * cos(q * x) + 0.4 * cos(q * (x * x - 1)), im = 0.6 * sin(q * x) + 0.4 * sin(q * (x * x - 1));
      SgdComplexPowers(4, 1, &re, &im);
      A[i * COLUMNS + 2 * m] = re;
      A[i * COLUMNS + 2 * m + 1] = im;
    }
}

static double Most(const double *A) {
  double most = 0;

  for (int i = 0; i < ROWS * COLUMNS; i++) most = fmax(most, fabs(A[i]));
  return most;
}

/* A -= A(:, j) A(i, :)/A(i, j) */
static void Eliminate(double *A, int i, int j) {
  double row[COLUMNS];

  memcpy(row, A + i * COLUMNS, sizeof row);
  for (int k = 0; k < ROWS; k++) {
    const double factor = A[k * COLUMNS + j] / row[j];
    for (int e = 0; e < COLUMNS; e++) A[k * COLUMNS + e] -= factor * row[e];
  }
}

/* Pivots that full pivoting takes. */
static int Full(double *A, double tolerance) {
  int r = 0;

  for (double most = Most(A); most > tolerance; most = Most(A), r++) {
    int at = 0;
    while (fabs(A[at]) < most) at++;
    Eliminate(A, at / COLUMNS, at % COLUMNS);
  }
  return r;
}

/* The same pivots whatever the memory held before: ranks choose them each for themselves. */
static void CheckAgain(double *A, double tolerance, int terms, const int row[], const int column[]) {
  const size_t size = (ROWS * 18 + COLUMNS * 17) * sizeof(double);
  int again[2][MOST];
  double error;

  for (int kind = 0; kind < 2; kind++) {
    void *junk = malloc(size);
    memset(junk, kind ? 0x7f : 0x40, size);
    free(junk);
    Fill(A);
    assert_int_equal(SgdCross(ROWS, COLUMNS, A, tolerance, MOST, again[0], again[1], &error), terms);
    assert_memory_equal(again[0], row, (size_t)terms * sizeof *row);
    assert_memory_equal(again[1], column, (size_t)terms * sizeof *column);
  }
}

static void CheckTo(double tolerance) {
  double *A = malloc(2 * sizeof(double[ROWS * COLUMNS])), *B = A + ROWS * COLUMNS, error;
  int row[MOST], column[MOST];

  Fill(A);
  const int terms = SgdCross(ROWS, COLUMNS, A, tolerance, MOST, row, column, &error);
  assert_true(error <= tolerance && error == Most(A));
  assert_int_equal(column[0], 0);
  Fill(B);
  for (int r = 0; r < terms; r++) Eliminate(B, row[r], column[r]);
  for (int i = 0; i < ROWS * COLUMNS; i++) assert_true(fabs(A[i] - B[i]) < 1e-10);
  Fill(B);
  const int full = Full(B, tolerance);
  printf("    tolerance %.0e: %d terms, %d by full pivoting\n", tolerance, terms, full);
  assert_true(terms <= 1.15 * full + 1);
  CheckAgain(A, tolerance, terms, row, column);
  free(A);
}

static void test_laws(void **state) {
  (void)state;
  CheckTo(1e-3);
  CheckTo(1e-6);
  CheckTo(1e-9);
}

/* It stops at `most`, and says what is left. */
static void test_most(void **state) {
  double *A = malloc(sizeof(double[ROWS * COLUMNS])), error;
  int row[5], column[5];

  (void)state;
  Fill(A);
  assert_int_equal(SgdCross(ROWS, COLUMNS, A, 1e-6, 5, row, column, &error), 5);
  assert_true(error == Most(A) && error > 1e-3);
  free(A);
}

/* Of rank two exactly, even where no error is tolerated; zero has none. */
static void test_few(void **state) {
  double A[12] = {1, 2, 3, 4, 2, 4, 6, 8, 1, 1, 1, 1}, zero[12] = {0}, error;
  int row[3], column[3];

  (void)state;
  assert_int_equal(SgdCross(3, 4, A, 1e-15, 3, row, column, &error), 2);
  assert_true(error <= 1e-15);
  assert_int_equal(SgdCross(3, 4, zero, 0, 3, row, column, &error), 0);
  assert_true(error == 0);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_laws), cmocka_unit_test(test_most),
                                     cmocka_unit_test(test_few)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
