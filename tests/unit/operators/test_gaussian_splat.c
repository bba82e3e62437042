/* The Gaussian on the lattice: moments where it is resolved, and the stated aliasing where it is not. */
#include "operators/push_forward/gaussian_splat.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

static const double radius = 9;

typedef struct {
  double sum, mean[3], S[6];
} Measured;

static Measured Measure(const SgdGaussianSplat *s, int dim, const double *T) {
  Measured m = {0};

  for (int pass = 0; pass < 2; pass++) /* moments about T, then about the mean */
    for (int r = 0; r < s->runs; r++)
      for (int i = 0; i < s->length[r]; i++) {
        const double w = s->weight[s->offset[r] + i];
        double x[3];
        for (int a = 0; a < dim; a++) x[a] = s->start[r][a] + (a == 0 ? i : 0) - T[a];
        m.sum += pass ? 0 : w;
        for (int a = 0, c = 0; a < dim; a++) {
          m.mean[a] += pass ? 0 : w * x[a];
          for (int b = a; b < dim; b++, c++) m.S[c] += pass ? w * (x[a] - m.mean[a]) * (x[b] - m.mean[b]) : 0;
        }
      }
  return m;
}

/* Eigenvalues of S between 1.5^2 and 7^2; T anywhere within a cell, far from the origin too. */
static void test_moments(void **state) {
  static const double S[3][6] = {{2.25}, {9, 4, 6}, {16, 5, -3, 9, 2, 7}};
  SgdGaussianSplat s = {0};

  (void)state;
  for (int dim = 1; dim <= 3; dim++)
    for (int k = 0; k < 4; k++) {
      const double T[3] = {0.25 * k, -7.3 + k, 1000.41 * k};
      assert_int_equal(SgdGaussianSplatFill(&s, dim, T, S[dim - 1], radius), 0);
      const Measured m = Measure(&s, dim, T);
      assert_true(fabs(m.sum - 1) < 1e-13); /* the rounding of a hundred thousand terms */
      assert_true(fabs(s.scale - 1) < 1e-10);
      for (int a = 0; a < dim; a++)
        if (fabs(m.mean[a]) > 1e-10) fail_msg("dim %d: mean off by %g", dim, m.mean[a]);
      for (int c = 0; c < dim * (dim + 1) / 2; c++)
        if (fabs(m.S[c] - S[dim - 1][c]) > 1e-10) fail_msg("dim %d: covariance off by %g", dim, m.S[c] - S[dim - 1][c]);
    }
  SgdGaussianSplatFree(&s);
}

/* The weights themselves are the Gaussian's, not another law's with the same moments. */
static void test_weights(void **state) {
  const double T[2] = {0.3, -0.2}, S[3] = {9, 4, 6}, det = 9 * 6 - 16;
  SgdGaussianSplat s = {0};

  (void)state;
  assert_int_equal(SgdGaussianSplatFill(&s, 2, T, S, radius), 0);
  for (int r = 0; r < s.runs; r++)
    for (int i = 0; i < s.length[r]; i++) {
      const double x = s.start[r][0] + i - T[0], y = s.start[r][1] - T[1];
      const double q = (6 * x * x - 8 * x * y + 9 * y * y) / det;
      assert_true(q <= radius * radius * (1 + 1e-12));
      assert_true(fabs(s.weight[s.offset[r] + i] - exp(-q / 2) / (2 * M_PI * sqrt(det))) < 1e-14);
    }
  SgdGaussianSplatFree(&s);
}

/* Poisson summation: the raw weights sum to 1 + 2 exp(-2 pi^2 s^2) cos(2 pi T). What that does to the moments: the
   mean is off by 2 pi s^2 and the variance by (2 pi s^2)^2 times 2 exp(-2 pi^2 s^2), at the worst T. */
static void test_aliasing(void **state) {
  const double width[2] = {0.7, 1.0}, centre = 0, quarter = 0.25;
  SgdGaussianSplat s = {0};

  (void)state;
  for (int k = 0; k < 2; k++) {
    const double S = width[k] * width[k], alias = 2 * exp(-2 * M_PI * M_PI * S), slope = 2 * M_PI * S;
    assert_int_equal(SgdGaussianSplatFill(&s, 1, &centre, &S, radius), 0);
    assert_true(fabs((1 / s.scale - 1) / alias - 1) < 1e-3);
    assert_true(fabs((S - Measure(&s, 1, &centre).S[0]) / (alias * slope * slope) - 1) < 1e-2);
    assert_int_equal(SgdGaussianSplatFill(&s, 1, &quarter, &S, radius), 0);
    assert_true(fabs(1 / s.scale - 1) < 1e-3 * alias);
    assert_true(fabs(fabs(Measure(&s, 1, &quarter).mean[0]) / (alias * slope) - 1) < 1e-2);
  }
  SgdGaussianSplatFree(&s);
}

static void test_refusals(void **state) {
  const double T[3] = {0.5, 0.5, 0.5};
  SgdGaussianSplat s = {0};

  (void)state;
  assert_int_equal(SgdGaussianSplatFill(&s, 2, T, (const double[]){1, 2, 1}, radius), 1);
  assert_int_equal(SgdGaussianSplatFill(&s, 3, T, (const double[]){1, 0, 0, 1, 0, -1}, radius), 1);
  assert_int_equal(SgdGaussianSplatFill(&s, 1, T, (const double[]){0}, radius), 1);
  assert_int_equal(SgdGaussianSplatFill(&s, 1, T, (const double[]){1e-4}, radius), 1); /* between two centres */
  SgdGaussianSplatFree(&s);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments), cmocka_unit_test(test_weights),
                                     cmocka_unit_test(test_aliasing), cmocka_unit_test(test_refusals)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
