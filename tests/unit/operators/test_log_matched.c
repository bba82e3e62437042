/* The log-matched generators against their formulas (operators/LOG_MATCHED.md) written out by hand for polynomial g and
   C. The backward generator on f = x_i and f = (x_i - c_i)(x_j - c_j) at a cell centred at c is b_i and 2 D_ij, and the
   moment-exact fluxes and five-point differences make both exact to rounding. */
#include "problem_fixture.h"
#include <slepcsys.h>
#include <math.h>

#define ETA 0.1

static const char line[] =
    "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, "
    "{coefficient: -0.5, powers: [2]}],\n"
    "  noise_covariance: [0.5], noise_terms: [{coefficient: 0.1, powers: [2], row: 1, column: 1}]}\n"
    "sgd: {learning_rate: 0.1, steps: 10}\n"
    "slice: {axes: ['coordinate:1'], min: [-1.5], max: [1.5], cells: [200]}\n"
    "initial: {mean: [0], std: [0.1]}\n";
static const char plane[] =
    "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.5, powers: [2, 0]}, "
    "{coefficient: 0.3, powers: [1, 1]}, {coefficient: 0.5, powers: [0, 2]}, {coefficient: 0.2, powers: [2, 1]}],\n"
    "  noise_covariance: [2, 0.8, 0.8, 1], noise_terms: [{coefficient: 0.1, powers: [1, 0], row: 1, column: 2}]}\n"
    "sgd: {learning_rate: 0.1, steps: 10}\n"
    "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1, -1], max: [1, 1], cells: [60, 66]}\n"
    "initial: {mean: [0, 0], std: [0.1, 0.1]}\n";

/* Build the case's first model. */
static void Build(const char *text, const char *models, Problem *p) {
  char whole[2048];

  snprintf(whole, sizeof whole, "%smodels: [%s]\n", text, models);
  BuildSlice(OpenText(PETSC_COMM_WORLD, whole), p);
}

/* (A^T f)(cell) with f = (x_i - c_i)(x_j - c_j), or x_i - c_i where j < 0; on every rank. */
static double Backward(Problem *p, PetscInt cell, int i, int j) {
  SgdGrid grid = p->slice.grid;
  double c[3], x[3], value = 0, *y;
  Vec f, out;

  SgdGridCentre(grid, cell, c);
  SgdGridCreateState(grid, &f);
  VecDuplicate(f, &out);
  VecGetArray(f, &y);
  for (PetscInt k = grid->first_cell; k < grid->last_cell; k++) {
    SgdGridCentre(grid, k, x);
    y[k - grid->first_cell] = (x[i] - c[i]) * (j < 0 ? 1 : x[j] - c[j]);
  }
  VecRestoreArray(f, &y);
  MatMultTranspose(SgdModelOperator(p->models.model[0]), f, out);
  VecGetArray(out, &y);
  if (cell >= grid->first_cell && cell < grid->last_cell) value = y[cell - grid->first_cell];
  VecRestoreArray(out, &y);
  MPI_Allreduce(MPI_IN_PLACE, &value, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  VecDestroy(&f);
  VecDestroy(&out);
  return value;
}

static void Near(double value, double expected) {
  if (fabs(value - expected) > 1e-9) fail_msg("%.15g, expected %.15g", value, expected);
}

/* g = w^3 - w, C = 0.5 + 0.1 w^2 */
static void test_one_dimension(void **state) {
  const PetscInt cells[3] = {60, 101, 150};
  Problem p;

  (void)state;
  for (int order = 2; order <= 3; order++) {
    Build(line, order == 2 ? "{model: log_matched}" : "{model: log_matched, order: 3}", &p);
    assert_int_equal(SgdModelsSetUp(&p.models), 0);
    for (int k = 0; k < 3; k++) {
      const double e = ETA, three = order == 3, w = -1.5 + 0.015 * ((double)cells[k] + 0.5), g = w * w * w - w;
      const double H = 3 * w * w - 1, T = 6 * w, C = 0.5 + 0.1 * w * w, dC = 0.2 * w;
      Near(Backward(&p, cells[k], 0, -1),
           -g - e / 2 * H * g + three * (-e * e * (T * g * g / 12 + H * H * g / 3) + e * e / 4 * C * T));
      Near(Backward(&p, cells[k], 0, 0), e * (C + three * e / 2 * (2 * H * C + g * dC)));
    }
    DestroyProblem(&p);
  }
}

/* loss x^2/2 + 0.3 x y + y^2/2 + 0.2 x^2 y; C = [[2, .8 + .1 x], [.8 + .1 x, 1]] */
static void test_two_dimensions(void **state) {
  const PetscInt cell = 22 + 60 * 41;
  const double x = -1 + 2.0 / 60 * 22.5, y = -1 + 2.0 / 66 * 41.5, e = ETA;
  const double g[2] = {x + 0.3 * y + 0.4 * x * y, 0.3 * x + y + 0.2 * x * x};
  const double H[2][2] = {{1 + 0.4 * y, 0.3 + 0.4 * x}, {0.3 + 0.4 * x, 1}};
  const double C[2][2] = {{2, 0.8 + 0.1 * x}, {0.8 + 0.1 * x, 1}};
  const double Hg[2] = {H[0][0] * g[0] + H[0][1] * g[1], H[1][0] * g[0] + H[1][1] * g[1]};
  const double HHg[2] = {H[0][0] * Hg[0] + H[0][1] * Hg[1], H[1][0] * Hg[0] + H[1][1] * Hg[1]};
  const double Ggg[2] = {2 * 0.4 * g[0] * g[1], 0.4 * g[0] * g[0]}, CG[2] = {2 * 0.4 * C[0][1], 0.4 * C[0][0]};
  Problem p;

  (void)state;
  Build(plane, "{model: log_matched, order: 3}", &p);
  assert_int_equal(SgdModelsSetUp(&p.models), 0);
  for (int i = 0; i < 2; i++) {
    Near(Backward(&p, cell, i, -1), -g[i] - e / 2 * Hg[i] - e * e * (Ggg[i] / 12 + HHg[i] / 3) + e * e / 4 * CG[i]);
    for (int j = i; j < 2; j++) {
      double S = i != j ? g[0] * 0.1 : 0;
      for (int a = 0; a < 2; a++) S += H[i][a] * C[a][j] + C[i][a] * H[j][a];
      Near(Backward(&p, cell, i, j), e * (C[i][j] + e / 2 * S));
    }
  }
  DestroyProblem(&p);
}

/* 1 + eta H < 0 at the inflection of the well once eta (1 - 3 w^2) > 1: the model is marked as failed, and the place is named. */
static void test_says_where(void **state) {
  Problem p;
  char stiff[2048], *at;

  (void)state;
  strcpy(stiff, line);
  at = strstr(stiff, "learning_rate: 0.1");
  memcpy(at, "learning_rate: 1.5", 18);
  Build(stiff, "{model: log_matched, order: 3}", &p);
  CatchStderr();
  const PetscErrorCode ierr = SgdModelsSetUp(&p.models);
  ReleaseStderr("not positive definite at (-");
  assert_int_equal(ierr, 0); /* others would go on */
  assert_true(p.models.failed[0]);
}

/* Frozen and isotropic noise at a = 0, where C = [[2, .8], [.8, 1]]. */
static void test_langevin_noise(void **state) {
  const PetscInt cell = 22 + 60 * 41;
  Problem p;

  (void)state;
  Build(plane, "{model: langevin, noise: frozen}", &p);
  assert_int_equal(SgdModelsSetUp(&p.models), 0);
  Near(Backward(&p, cell, 0, 0), ETA * 2);
  Near(Backward(&p, cell, 0, 1), ETA * 0.8);
  DestroyProblem(&p);
  Build(plane, "{model: langevin, noise: isotropic}", &p);
  assert_int_equal(SgdModelsSetUp(&p.models), 0);
  Near(Backward(&p, cell, 1, 1), ETA * 1.5);
  Near(Backward(&p, cell, 0, 1), 0);
  DestroyProblem(&p);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_one_dimension), cmocka_unit_test(test_two_dimensions),
                                     cmocka_unit_test(test_says_where), cmocka_unit_test(test_langevin_noise)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
