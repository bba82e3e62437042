/* One basis of a space of functions, whatever basis of it the solver hands over: mixtures of three functions on a symmetric
   box, one of which no coordinate tells from its negative; and one phase of a complex one. */
#include "model_fixture.h"
#include "solver/long_time/canonical_basis.h"

static SgdGrid grid;

static double First(const double *x) {
  return x[0] * exp(-x[0] * x[0] - x[1] * x[1]);
}
static double Second(const double *x) {
  return x[1] * exp(-x[0] * x[0] - 2 * x[1] * x[1]);
}
static double Even(const double *x) {
  return (x[0] * x[0] - x[1] * x[1]) * exp(-x[0] * x[0] - x[1] * x[1]);
}

static double (*const function[3])(const double *x) = {First, Second, Even};

/* Cells alone, without the ledger. */
static Vec OnCells(double (*value)(const double *x)) {
  PetscScalar *to;
  double x[3] = {0, 0, 0};
  Vec v;

  DMCreateGlobalVector(grid->dm, &v);
  VecGetArray(v, &to);
  for (PetscInt i = grid->first_cell; i < grid->last_cell; i++) {
    SgdGridCentre(grid, i, x);
    to[i - grid->first_cell] = value(x);
  }
  VecRestoreArray(v, &to);
  return v;
}

/* v_i = sum_k mix_ik f_k */
static void Mixture(int n, const double mix[], Vec v[]) {
  for (int i = 0; i < n; i++) {
    v[i] = OnCells(function[0]);
    VecSet(v[i], 0);
    for (int k = 0; k < n; k++) {
      Vec f = OnCells(function[k]);
      VecAXPY(v[i], mix[n * i + k], f);
      VecDestroy(&f);
    }
  }
}

static double Away(Vec a, Vec b) {
  PetscReal norm;

  VecAXPY(a, -1, b);
  VecNorm(a, NORM_2, &norm);
  return norm;
}

static void test_mixtures(void **state) {
  static const double mix[2][9] = {{1, 0, 0, 0, 1, 0, 0, 0, 1}, {0.3, -2, 0.7, 1.1, 0.2, -0.4, -0.6, 0.9, 1.3}};
  Vec v[2][3];
  PetscScalar dot;

  (void)state;
  for (int i = 0; i < 2; i++) {
    Mixture(3, mix[i], v[i]);
    assert_int_equal(SgdCanonicalBasis(grid, 3, v[i]), 0);
  }
  for (int k = 0; k < 3; k++)
    for (int l = 0; l <= k; l++) {
      VecDot(v[1][k], v[1][l], &dot);
      assert_true(fabs(dot - (k == l)) < 1e-13);
    }
  for (int k = 0; k < 3; k++) {
    assert_true(Away(v[0][k], v[1][k]) < 1e-12);
    VecDestroy(&v[0][k]);
    VecDestroy(&v[1][k]);
  }
}

/* Even along both axes: the first moments are rounding, and would have decided the sign. */
static void test_sign(void **state) {
  Vec v = OnCells(Even), w = OnCells(Even);

  (void)state;
  VecScale(w, -3);
  assert_int_equal(SgdCanonicalBasis(grid, 1, &v), 0);
  assert_int_equal(SgdCanonicalBasis(grid, 1, &w), 0);
  assert_true(Away(v, w) < 1e-13);
  VecDestroy(&v);
  VecDestroy(&w);
}

/* (f_1 + i f_2) e^{i phi}, at two phases. */
static void test_phase(void **state) {
  const double mix[2][4] = {{1, 0, 0, 1}, {cos(2.3), -sin(2.3), sin(2.3), cos(2.3)}};
  Vec v[2][2];

  (void)state;
  for (int i = 0; i < 2; i++) {
    Mixture(2, mix[i], v[i]);
    assert_int_equal(SgdCanonicalPhase(grid, v[i][0], v[i][1]), 0);
  }
  for (int k = 0; k < 2; k++) {
    assert_true(Away(v[0][k], v[1][k]) < 1e-12);
    VecDestroy(&v[0][k]);
    VecDestroy(&v[1][k]);
  }
}

static int Open(void **state) {
  const PetscInt n[3] = {40, 36, 1};
  const double min[3] = {-3, -3, 0}, max[3] = {3, 3, 1};
  const SgdBoundary boundary[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};

  (void)state;
  return SgdGridCreate(PETSC_COMM_WORLD, 2, n, min, max, boundary, &grid);
}

static int Close(void **state) {
  (void)state;
  return SgdGridDestroy(&grid);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_mixtures), cmocka_unit_test(test_sign),
                                     cmocka_unit_test(test_phase)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, Open, Close);
  SlepcFinalize();
  return failed;
}
