/* Distances between Gaussians N(0, s^2) and N(shift, s^2), all known in closed form (THEORY.md (66) - (69)):
     L1 = 2 erf(|u| / (2 sqrt 2)),  H^2 = 1 - exp(-u^2/8),  KL = u^2/2 with u = |shift|/s;  W1 of a marginal = |shift|.
 */
#include "solver/measures/distances.h"
#include <slepcsys.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static const double sigma[3] = {0.5, 0.4, 0.3};

static void MakeGrid(int dim, SgdGrid *grid) {
  const PetscInt n[3] = {dim == 3 ? 48 : 400, dim == 3 ? 50 : 90, 46};
  const double min[3] = {-5.0, -4.1, -3.2}, max[3] = {5.2, 4.0, 3.0};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, grid), 0);
}

/* y = scale * Gaussian of the given mean and of widths sigma * stretch */
static Vec Bell(SgdGrid grid, const double *mean, double stretch, double scale) {
  PetscScalar *m;
  Vec y;

  SgdGridCreateState(grid, &y);
  VecGetArray(y, &m);
  for (PetscInt j = grid->first_cell; j < grid->last_cell; j++) {
    double x[3], p = scale * grid->volume;
    SgdGridCentre(grid, j, x);
    for (int a = 0; a < grid->dim; a++) {
      double s = stretch * sigma[a];
      p *= exp(-0.5 * PetscSqr((x[a] - mean[a]) / s)) / (sqrt(2.0 * M_PI) * s);
    }
    m[j - grid->first_cell] = p;
  }
  VecRestoreArray(y, &m);
  return y;
}

static void CheckShift(int dim) {
  const double zero[3] = {0, 0, 0}, shift[3] = {0.3, -0.25, 0.1};
  double u2 = 0.0, length2 = 0.0;
  SgdDistances d;
  SgdGrid grid;
  Vec p, q;

  MakeGrid(dim, &grid);
  p = Bell(grid, shift, 1.0, 1.0);
  q = Bell(grid, zero, 1.0, 1.0);
  assert_int_equal(SgdDistancesCompute(grid, p, q, &d), 0);
  for (int a = 0; a < dim; a++) {
    u2 += PetscSqr(shift[a] / sigma[a]);
    length2 += PetscSqr(shift[a]);
    assert_true(fabs(d.w1[a] - fabs(shift[a])) < 1e-10);
  }
  assert_true(fabs(d.l1 - 2.0 * erf(sqrt(u2) / sqrt(8.0))) < (dim == 1 ? 2e-4 : 2e-3)); /* |p - q| has a kink */
  assert_true(fabs(d.hellinger - sqrt(1.0 - exp(-u2 / 8.0))) < 1e-10);
  assert_true(fabs(d.kl - 0.5 * u2) < 1e-8); /* the floor cuts the far tail */
  assert_true(fabs(d.mean_error - sqrt(length2)) < 1e-10);
  assert_true(d.cov_error < 1e-10);
  VecDestroy(&p);
  VecDestroy(&q);
  SgdGridDestroy(&grid);
}

static void test_shift_1d(void **state) {
  (void)state;
  CheckShift(1);
}

static void test_shift_2d(void **state) {
  (void)state;
  CheckShift(2);
}

static void test_shift_3d(void **state) {
  (void)state;
  CheckShift(3);
}

/* The kink of |p - q| sits on a cell edge here, so L1 is good to rounding. */
static void test_l1_by_erf(void **state) {
  const PetscInt n = 400;
  const double min = -4.85, max = 5.15, zero = 0.0, shift = 0.3;
  const SgdBoundary ends = SGD_ABSORBING;
  SgdDistances d;
  SgdGrid grid;
  Vec p, q;

  (void)state;
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 1, &n, &min, &max, &ends, &grid), 0);
  p = Bell(grid, &shift, 1.0, 1.0);
  q = Bell(grid, &zero, 1.0, 1.0);
  assert_int_equal(SgdDistancesCompute(grid, p, q, &d), 0);
  /* midpoint sums see the jump of the slope, |p - q|' = 2 |p'(kink)|, through h^2/24 of it */
  double slope = 2.0 * 0.15 / (0.25 * 0.5 * sqrt(2.0 * M_PI)) * exp(-0.5 * 0.09) * 2.0;
  double expected = 2.0 * erf(0.6 / sqrt(8.0));
  assert_true(fabs(d.l1 - expected) < 1.01 * slope * grid->h[0] * grid->h[0] / 24.0);
  VecDestroy(&p);
  VecDestroy(&q);
  SgdGridDestroy(&grid);
}

/* Widths s and 2s: W1 = s sqrt(2/pi), cov_error = 3 against the narrow one, KL in closed form. */
static void test_stretch(void **state) {
  const double zero[3] = {0, 0, 0};
  SgdDistances d;
  SgdGrid grid;
  Vec p, q;

  (void)state;
  MakeGrid(1, &grid);
  p = Bell(grid, zero, 2.0, 1.0);
  q = Bell(grid, zero, 1.0, 1.0);
  assert_int_equal(SgdDistancesCompute(grid, p, q, &d), 0);
  assert_true(fabs(d.cov_error - 3.0) < 1e-4); /* the wide one is cut at 5 of its widths */
  assert_true(fabs(d.kl - (log(2.0) + 0.125 - 0.5)) < 1e-10);
  assert_true(fabs(d.w1[0] - 0.5 * sqrt(2.0 / M_PI)) < 1e-4);
  VecDestroy(&p);
  VecDestroy(&q);
  SgdGridDestroy(&grid);
}

/* L1 counts mass that one model has lost; W1 and the moments compare what is left. */
static void test_lost_mass(void **state) {
  const double zero[3] = {0, 0, 0};
  SgdDistances d;
  SgdGrid grid;
  Vec p, q;

  (void)state;
  MakeGrid(2, &grid);
  p = Bell(grid, zero, 1.0, 0.75);
  q = Bell(grid, zero, 1.0, 1.0);
  assert_int_equal(SgdDistancesCompute(grid, p, q, &d), 0);
  assert_true(fabs(d.l1 - 0.25) < 1e-12);
  assert_true(fabs(d.kl + log(0.75)) < 1e-10);
  assert_true(d.w1[0] < 1e-12 && d.w1[1] < 1e-12 && d.mean_error < 1e-12 && d.cov_error < 1e-12);
  VecDestroy(&p);
  VecDestroy(&q);
  SgdGridDestroy(&grid);
}

/* Apart: no overlap. L1 = 2, Hellinger = 1, KL finite through its floor. */
static void test_disjoint(void **state) {
  const PetscInt n = 10;
  const double min = 0.0, max = 10.0;
  const SgdBoundary ends = SGD_ABSORBING;
  SgdDistances d;
  PetscMPIInt rank;
  SgdGrid grid;
  Vec p, q;

  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 1, &n, &min, &max, &ends, &grid), 0);
  SgdGridCreateState(grid, &p);
  SgdGridCreateState(grid, &q);
  if (!rank) VecSetValue(p, 2, 1.0, INSERT_VALUES);
  if (!rank) VecSetValue(q, 7, 1.0, INSERT_VALUES);
  VecAssemblyBegin(p), VecAssemblyEnd(p);
  VecAssemblyBegin(q), VecAssemblyEnd(q);
  assert_int_equal(SgdDistancesCompute(grid, p, q, &d), 0);
  assert_true(d.l1 == 2.0 && fabs(d.hellinger - 1.0) < 1e-15);
  assert_true(d.kl_floor == 1e-16 && fabs(d.kl - 16.0 * log(10.0)) < 1e-12);
  assert_true(fabs(d.w1[0] - 5.0) < 1e-15);
  VecDestroy(&p);
  VecDestroy(&q);
  SgdGridDestroy(&grid);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_shift_1d),  cmocka_unit_test(test_shift_2d), cmocka_unit_test(test_shift_3d),
      cmocka_unit_test(test_l1_by_erf), cmocka_unit_test(test_stretch),  cmocka_unit_test(test_lost_mass),
      cmocka_unit_test(test_disjoint),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
