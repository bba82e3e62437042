/* The spreading kernel: its transform, its polynomials, and the loop that uses it, against plain sums. */
#include "operators/nufft/spreading.h"
#include "operators/nufft/spreading_choice.h"
#include <complex.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

/* Against a fine Simpson sum; the kernel's ends have a kink of height exp(-beta). */
static void test_transform(void **state) {
  (void)state;
  for (int width = 2; width <= 16; width += 7)
    for (double xi = 0; xi < 9; xi += 0.7) {
      const double beta = 2.1 * width;
      const int n = 200000;
      double sum = 0;
      for (int i = 0; i <= n; i++) { /* x = (width/2) sin t: smooth in t */
        const double t = -M_PI / 2 + M_PI * i / n, x = 0.5 * width * sin(t),
                     weight = i == 0 || i == n ? 1 : 2 + 2 * (i % 2);
        sum += weight * SgdEsKernelValue(width, beta, x) * cos(xi * x) * 0.5 * width * cos(t);
      }
      sum *= M_PI / n / 3;
      assert_true(fabs(sum - SgdEsKernelTransform(width, beta, xi)) < 1e-12 * width);
    }
}

/* The sum of errors over the points of a source is what was asked for. */
static void test_polynomials(void **state) {
  (void)state;
  for (int width = 4; width <= 14; width += 2)
    for (double error = 1e-3; error > 3 * exp(-2.3 * width); error /= 10) {
      SgdEsKernel k;
      double most = 0;
      assert_true(SgdEsKernelFit(&k, width, 2.3 * width, error) <= error);
      for (double f = 0; f < 1; f += 0.0173) {
        double sum = 0;
        for (int j = 0; j < width; j++) {
          double value = 0;
          for (int p = k.degree; p >= 0; p--) value = value * (2 * f - 1) + k.coefficient[p][j];
          sum += fabs(value - SgdEsKernelValue(width, 2.3 * width, f + j - 0.5 * width));
        }
        most = fmax(most, sum);
      }
      assert_true(most < 1.5 * error);
    }
}

/* A thousand random sources against direct sums over the whole grid, and <grid, spread m> = <interpolate grid, m>. */
static void CheckLoop(int dim, int width) {
  enum { SOURCES = 101 };
  const int n[3] = {40, dim > 1 ? 24 : 1, dim > 2 ? 22 : 1}, row = 56;
  const size_t size = (size_t)(row * n[1] * n[2]) + 16;
  double *grid = calloc(size, sizeof *grid), *plain = calloc(size, sizeof *plain);
  double u[3][SOURCES], mass[SOURCES], value[SOURCES], left = 0, right = 0;
  const double *positions[3] = {u[0], u[1], u[2]};
  SgdSpreading s = {.dim = dim, .stride = {1, row, row * n[1]}};

  for (int a = 0; a < dim; a++) SgdEsKernelFit(&s.kernel[a], width, 2.2 * width, 1e-13);
  srand(7);
  for (int i = 0; i < SOURCES; i++) {
    for (int a = 0; a < 3; a++) u[a][i] = 0.5 * width + (n[a] - width - 1e-9) * (rand() / (double)RAND_MAX);
    mass[i] = rand() / (double)RAND_MAX - 0.3;
    for (int z = 0; z < n[2]; z++)
      for (int y = 0; y < n[1]; y++)
        for (int x = 0; x < n[0]; x++) {
          const int at[3] = {x, y, z};
          double product = mass[i];
          for (int a = 0; a < dim; a++)
            product *= fabs(at[a] - u[a][i]) <= 0.5 * width ? SgdEsKernelValue(width, 2.2 * width, at[a] - u[a][i]) : 0;
          plain[x + row * (y + n[1] * z)] += product;
        }
  }
  SgdSpread(&s, SOURCES, positions, mass, grid);
  /* the polynomials miss the kernel's kink by a part of exp(-beta) */
  for (size_t i = 0; i < size; i++) assert_true(fabs(grid[i] - plain[i]) < 1e-11 + exp(-2.2 * width));
  SgdInterpolate(&s, SOURCES, positions, grid, value);
  for (size_t i = 0; i < size; i++) left += grid[i] * grid[i];
  for (int i = 0; i < SOURCES; i++) right += value[i] * mass[i];
  assert_true(fabs(left - right) < 1e-13 * left);
  free(grid);
  free(plain);
}

/* By tables of the kernel's values: the same bits. */
static void CheckTable(int dim, int width) {
  enum { SOURCES = 77, ROW = 40, SIZE = ROW * ROW * ROW + 16 };
  double *grid = calloc(SIZE, sizeof *grid), *other = calloc(SIZE, sizeof *other);
  double u[3][SOURCES], mass[SOURCES], value[SOURCES], read[SOURCES];
  const double *positions[3] = {u[0], u[1], u[2]};
  SgdSpreading s = {.dim = dim, .stride = {1, ROW, ROW * ROW}};

  for (int a = 0; a < dim; a++) SgdEsKernelFit(&s.kernel[a], width, 2.2 * width, 1e-13);
  SgdSpreadingTable t = {calloc((size_t)(SOURCES * SgdSpreadingTableSize(&s)), sizeof(double)),
                         calloc(SOURCES, sizeof(ptrdiff_t))};
  srand(8);
  for (int i = 0; i < SOURCES; i++) {
    for (int a = 0; a < 3; a++) u[a][i] = 0.5 * width + (20 - 1e-9) * (rand() / (double)RAND_MAX);
    mass[i] = rand() / (double)RAND_MAX - 0.3;
  }
  SgdSpreadingTabulate(&s, SOURCES, positions, &t);
  SgdSpread(&s, SOURCES, positions, mass, grid);
  SgdSpreadByTable(&s, SOURCES, &t, mass, other);
  assert_memory_equal(grid, other, SIZE * sizeof *grid);
  SgdInterpolate(&s, SOURCES, positions, grid, value);
  SgdInterpolateByTable(&s, SOURCES, &t, grid, read);
  assert_memory_equal(value, read, sizeof value);
  assert_true(fabs(value[3]) > 0);
  free(t.value);
  free(t.first);
  free(grid);
  free(other);
}

static void test_table(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++)
    for (int width = 2; width <= 16; width++) CheckTable(dim, width);
}

static void test_loop(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++)
    for (int width = 2; width <= 16; width++) CheckLoop(dim, width);
}

/* A fine grid is never coarser than asked for, nor larger than allowed, and fast lengths are left alone. */
static void test_lengths(void **state) {
  (void)state;
  for (int n = 20; n < 2000; n += 7) {
    const int good = SgdGoodLength(n), fast = SgdFastLength(n, 1.2);
    assert_true(good >= n && good % 2 == 0 && fast >= good && (fast <= 1.2 * n || fast == good));
    assert_int_equal(SgdFastLength(n, 1), good);
  }
  assert_int_equal(SgdFastLength(378, 1.2), 384);
  assert_int_equal(SgdFastLength(640, 1.2), 640);
}

/* What was chosen does spread so well: sum_j m_j exp(-i k u_j) of 40 sources on n periodic points, by the fine grid, on every
   mode that is kept, times the envelope, against the sum itself; relative to the masses. */
static double ChosenError(int n, double cells, double tolerance, int *fine) {
  enum { SOURCES = 40 };
  SgdSpreadingProblem p = {.dim = 1, .coarse = {n, 1, 1}, .cells = n, .tolerance = tolerance};
  SgdSpreadingChoice c;
  SgdSpreading s = {.dim = 1, .stride = {1}};
  double u[SOURCES], mass[SOURCES], worst = 0;
  const double *positions[3] = {u};

  for (int i = 0; i <= SGD_ENVELOPE; i++) p.envelope[0][i] = exp(-0.5 * pow(cells * M_PI * i / SGD_ENVELOPE, 2));
  assert_int_equal(SgdSpreadingChoose(&p, &c), 0);
  *fine = c.fine[0];
  SgdEsKernelFit(&s.kernel[0], c.width, c.beta[0], 1e-14);
  double *grid = calloc((size_t)*fine + 16, sizeof *grid);
  for (int j = 0; j < SOURCES; j++) {
    u[j] = c.width + (*fine - 2.0 * c.width) * (j + 0.37 * sin(9.0 * j)) / SOURCES;
    mass[j] = 1 + cos(5.0 * j);
  }
  SgdSpread(&s, SOURCES, positions, mass, grid);
  for (int m = 0; m <= c.modes[0]; m++) {
    const double xi = 2 * M_PI * m / *fine, kappa = 2 * m / (double)n * SGD_ENVELOPE;
    double _Complex sum = 0, exact = 0;
    for (int f = 0; f < *fine; f++) sum += grid[f] * cexp(-I * xi * f);
    for (int j = 0; j < SOURCES; j++) exact += mass[j] * cexp(-I * xi * u[j]);
    sum /= SgdEsKernelTransform(c.width, c.beta[0], xi);
    worst = fmax(worst, cabs(sum - exact) * p.envelope[0][(int)kappa]);
  }
  free(grid);
  return worst / SOURCES;
}

static void test_choice(void **state) {
  int fine, finer = 0;

  (void)state;
  for (int n = 150; n < 700; n += 180)
    for (double tolerance = 1e-3; tolerance > 1e-12; tolerance *= 1e-3)
      for (double cells = 0; cells < 1.5; cells += 0.6) {
        assert_true(ChosenError(SgdGoodLength(n), cells, tolerance, &fine) <= tolerance);
        finer += fine > SgdGoodLength(n);
      }
  assert_true(finer > 10);
}

int main(void) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_transform), cmocka_unit_test(test_polynomials), cmocka_unit_test(test_loop),
      cmocka_unit_test(test_table),     cmocka_unit_test(test_lengths),     cmocka_unit_test(test_choice),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
