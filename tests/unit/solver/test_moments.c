/* Moments of densities whose moments are known in closed form. The sums are over cells, so a Gaussian that is resolved
   (h <= sigma/2) and far from the ends is good to rounding. */
#include "solver/measures/moments.h"
#include <slepcsys.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

typedef struct {
  double mean[3], sigma[3], correlation; /* correlation of axes 0 and 1 */
} Gaussian;

static const Gaussian bell = {{0.31, -0.42, 0.25}, {0.5, 0.4, 0.3}, 0.6};

/* density of the (correlated) Gaussian at x */
static double Density(const Gaussian *g, int dim, const double *x) {
  double z[3] = {0, 0, 0}, r = dim > 1 ? g->correlation : 0.0, p = 1.0, q;

  for (int a = 0; a < dim; a++) {
    z[a] = (x[a] - g->mean[a]) / g->sigma[a];
    p /= sqrt(2.0 * M_PI) * g->sigma[a];
  }
  q = (z[0] * z[0] - 2.0 * r * z[0] * z[1] + z[1] * z[1]) / (1.0 - r * r) + z[2] * z[2];
  return p / sqrt(1.0 - r * r) * exp(-0.5 * q);
}

static void MakeGrid(int dim, SgdGrid *grid) {
  const PetscInt n[3] = {dim == 3 ? 50 : 90, dim == 3 ? 52 : 100, 42};
  const double min[3] = {-4.6, -4.2, -2.6}, max[3] = {5.1, 3.9, 3.0};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, grid), 0);
}

static void Fill(SgdGrid grid, const Gaussian *g, double scale, Vec y) {
  PetscScalar *m;

  VecGetArray(y, &m);
  for (PetscInt j = grid->first_cell; j < grid->last_cell; j++) {
    double x[3];
    SgdGridCentre(grid, j, x);
    m[j - grid->first_cell] = scale * grid->volume * Density(g, grid->dim, x);
  }
  VecRestoreArray(y, &m);
}

static void CheckGaussian(int dim) {
  double determinant = dim > 1 ? 1.0 - bell.correlation * bell.correlation : 1.0, entropy;
  SgdGrid grid;
  SgdMoments m;
  Vec y;
  int p = 0;

  MakeGrid(dim, &grid);
  assert_int_equal(SgdGridCreateState(grid, &y), 0);
  Fill(grid, &bell, 1.0, y);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  assert_true(fabs(m.mass - 1.0) < 1e-12);
  assert_true(m.outflow == 0.0 && m.negative_mass == 0.0 && m.min_density >= 0.0);
  for (int a = 0; a < dim; a++) {
    determinant *= bell.sigma[a] * bell.sigma[a];
    assert_true(fabs(m.mean[a] - bell.mean[a]) < 1e-10);
    assert_true(fabs(m.skewness[a]) < 1e-10);
    assert_true(fabs(m.kurtosis[a] - 3.0) < 1e-10);
    for (int b = a; b < dim; b++, p++) {
      double r = a == b ? 1.0 : a + b == 1 ? bell.correlation : 0.0;
      assert_true(fabs(m.cov[p] - r * bell.sigma[a] * bell.sigma[b]) < 1e-10);
    }
  }
  entropy = 0.5 * (dim * log(2.0 * M_PI * M_E) + log(determinant));
  assert_true(fabs(m.entropy - entropy) < 1e-10);
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

static void test_gaussian_1d(void **state) {
  (void)state;
  CheckGaussian(1);
}

static void test_gaussian_2d(void **state) {
  (void)state;
  CheckGaussian(2);
}

static void test_gaussian_3d(void **state) {
  (void)state;
  CheckGaussian(3);
}

/* A narrow density far from the origin keeps its digits, because moments are centred before they are summed. */
static void test_far_from_the_origin(void **state) {
  const PetscInt n = 100;
  const double min = 1e6 - 1.0, max = 1e6 + 1.0;
  const Gaussian g = {{1e6 + 0.1, 0, 0}, {0.08, 1, 1}, 0};
  const SgdBoundary ends = SGD_ABSORBING;
  SgdGrid grid;
  SgdMoments m;
  Vec y;

  (void)state;
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 1, &n, &min, &max, &ends, &grid), 0);
  SgdGridCreateState(grid, &y);
  Fill(grid, &g, 1.0, y);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  assert_true(fabs(m.cov[0] / 0.0064 - 1.0) < 1e-8); /* cell centres carry rounding of 1e-10 here */
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

/* Skewness and kurtosis of three point masses by hand: masses 1/4, 1/2, 1/4 x 0.8 of the total, the rest outside. */
static void test_ledger_and_negative_mass(void **state) {
  const PetscInt n = 8;
  const double min = 0.0, max = 8.0;
  const SgdBoundary ends = SGD_ABSORBING;
  const PetscInt index[6] = {1, 2, 5, 7, 8, 9};
  const double value[6] = {0.2, 0.45, 0.2, -0.05, 0.15, 0.05};
  const double x[4] = {1.5, 2.5, 5.5, 7.5};
  double mean = 0.0, c[5] = {0};
  PetscMPIInt rank;
  SgdGrid grid;
  SgdMoments m;
  Vec y;

  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 1, &n, &min, &max, &ends, &grid), 0);
  SgdGridCreateState(grid, &y);
  if (!rank) VecSetValues(y, 6, index, value, INSERT_VALUES);
  VecAssemblyBegin(y);
  VecAssemblyEnd(y);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  for (int i = 0; i < 4; i++) mean += value[i] * x[i] / 0.8;
  for (int i = 0; i < 4; i++)
    for (int k = 2; k < 5; k++) c[k] += value[i] / 0.8 * pow(x[i] - mean, k);
  assert_true(fabs(m.mass - 0.8) < 1e-15 && fabs(m.outflow - 0.2) < 1e-15);
  assert_true(m.lost[0] == 0.15 && m.lost[1] == 0.05);
  assert_true(m.min_density == -0.05 && m.negative_mass == 0.05);
  assert_true(fabs(m.mean[0] - mean) < 1e-14);
  assert_true(fabs(m.cov[0] - c[2]) < 1e-13);
  assert_true(fabs(m.skewness[0] - c[3] / pow(c[2], 1.5)) < 1e-13);
  assert_true(fabs(m.kurtosis[0] - c[4] / (c[2] * c[2])) < 1e-13);
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

/* Nothing inside: zero mass is a fact, a mean is not. */
static void test_empty(void **state) {
  SgdGrid grid;
  SgdMoments m;
  Vec y;

  (void)state;
  MakeGrid(2, &grid);
  SgdGridCreateState(grid, &y);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  assert_true(m.mass == 0.0 && m.entropy == 0.0 && m.negative_mass == 0.0);
  assert_true(isnan(m.mean[0]) && isnan(m.cov[2]) && isnan(m.kurtosis[1]));
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

/* A million cells of 1e-6 and one of 1e6: the plain sum loses digits, this one none. */
static void test_sum_is_compensated(void **state) {
  const PetscInt n[2] = {1000, 1000};
  const double min[2] = {0, 0}, max[2] = {1, 1};
  const SgdBoundary ends[2] = {SGD_ABSORBING, SGD_ABSORBING};
  PetscMPIInt rank;
  SgdGrid grid;
  SgdMoments m;
  Vec y;

  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, 2, n, min, max, ends, &grid), 0);
  SgdGridCreateState(grid, &y);
  VecSet(y, 1e-6);
  if (!rank) VecSetValue(y, 0, 1e6, INSERT_VALUES);
  VecAssemblyBegin(y);
  VecAssemblyEnd(y);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  assert_true(fabs(m.mass - (1e6 + 999999 * 1e-6)) <= 1.2e-10); /* one unit in the last place of 1e6 */
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

/* Marginals of the correlated Gaussian are Gaussians. */
static void test_marginals(void **state) {
  SgdGrid grid;
  Vec y;

  (void)state;
  MakeGrid(3, &grid);
  SgdGridCreateState(grid, &y);
  Fill(grid, &bell, 1.0, y);
  for (int a = 0; a < 3; a++) {
    double p[64];

    assert_int_equal(SgdMarginal(grid, y, a, p), 0);
    for (PetscInt i = 0; i < grid->n[a]; i++) {
      double z = (grid->min[a] + (i + 0.5) * grid->h[a] - bell.mean[a]) / bell.sigma[a];
      assert_true(fabs(p[i] - exp(-0.5 * z * z) / (sqrt(2.0 * M_PI) * bell.sigma[a])) < 1e-10);
    }
  }
  VecDestroy(&y);
  SgdGridDestroy(&grid);
}

/* The figures do not depend on the number of ranks: every rank also does the whole sum alone. */
static void test_ranks_agree(void **state) {
  SgdGrid grid, own;
  SgdMoments m, alone;
  Vec y, z;

  (void)state;
  MakeGrid(2, &grid);
  SgdGridCreate(PETSC_COMM_SELF, 2, grid->n, grid->min, grid->max, grid->boundary, &own);
  SgdGridCreateState(grid, &y);
  SgdGridCreateState(own, &z);
  Fill(grid, &bell, 0.7, y);
  Fill(own, &bell, 0.7, z);
  SgdMomentsCompute(grid, y, &m);
  SgdMomentsCompute(own, z, &alone);
  assert_true(fabs(m.mass - alone.mass) <= 1e-16);
  assert_true(fabs(m.entropy - alone.entropy) <= 1e-13 * fabs(alone.entropy));
  for (int p = 0; p < 3; p++) assert_true(fabs(m.cov[p] - alone.cov[p]) <= 1e-13 * fabs(alone.cov[p]));
  for (int a = 0; a < 2; a++) {
    assert_true(fabs(m.mean[a] - alone.mean[a]) <= 1e-13 * fabs(alone.mean[a]));
    assert_true(fabs(m.kurtosis[a] - alone.kurtosis[a]) <= 1e-12);
  }
  VecDestroy(&y);
  VecDestroy(&z);
  SgdGridDestroy(&grid);
  SgdGridDestroy(&own);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_gaussian_1d),
      cmocka_unit_test(test_gaussian_2d),
      cmocka_unit_test(test_gaussian_3d),
      cmocka_unit_test(test_far_from_the_origin),
      cmocka_unit_test(test_ledger_and_negative_mass),
      cmocka_unit_test(test_empty),
      cmocka_unit_test(test_sum_is_compensated),
      cmocka_unit_test(test_marginals),
      cmocka_unit_test(test_ranks_agree),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return SlepcFinalize() || failed;
}
