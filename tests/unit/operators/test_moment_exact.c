/* Scheme moment_exact of the discrete Fokker-Planck model, THEORY.md (30): SGD's own mean and second moments in one to
   three dimensions, no growth at any learning rate, conservation to rounding on grids far too fine, all boundaries,
   and the same step with an iterative solver. */
#include <petscksp.h>
#include "model_fixture.h"

#define MODEL "models: [{model: discrete_fokker_planck, name: dfp, scheme: moment_exact}]\n"
#define LINE(box, cells, boundary)                                                                                     \
  "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"                                            \
  "slice: {axes: [a], min: [-" box "], max: [" box "], cells: [" cells "], boundary: [" boundary "]}\n" MODEL
#define PLANE(box, cells, boundary)                                                                                    \
  "landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]}\n"                  \
  "slice: {axes: [a, b], min: [-" box ", -" box "], max: [" box ", " box "], cells: [" cells ", " cells                \
  "], boundary: [" boundary ", " boundary "]}\n" MODEL
#define SPACE(box, cells, boundary)                                                                                    \
  "landscape: {family: quadratic, hessian: [1, 0.3, 0.1, 0.3, 0.5, -0.1, 0.1, -0.1, 0.8], "                            \
  "noise_covariance: [1, 0.5, 0.2, 0.5, 2, 0.3, 0.2, 0.3, 1.5]}\n"                                                     \
  "slice: {axes: [a, b, c], min: [-" box ", -" box ", -" box "], max: [" box ", " box ", " box "], cells: [" cells     \
  ", " cells ", " cells "], boundary: [" boundary ", " boundary ", " boundary "]}\n" MODEL

static const double K[3][3][3] = {{{1}}, {{1, 0.3}, {0.3, 0.5}}, {{1, 0.3, 0.1}, {0.3, 0.5, -0.1}, {0.1, -0.1, 0.8}}};
static const double C[3][3][3] = {{{1}}, {{1, 0.5}, {0.5, 2}}, {{1, 0.5, 0.2}, {0.5, 2, 0.3}, {0.2, 0.3, 1.5}}};

/* The adjoint on a function f: what the expectation of f after a step is, as a function of the place before. */
static Vec Adjoint(const Bench *b, double (*f)(const double *x)) {
  Vec y = FillState(b->grid, f), u;

  VecDuplicate(y, &u);
  assert_int_equal(MatMultTranspose(SgdModelOperator(b->model), y, u), 0);
  VecDestroy(&y);
  return u;
}

static int axis, other;
static double Place(const double *x) {
  return x[axis];
}
static double Square(const double *x) {
  return x[axis] * x[other];
}

/* a -> (I - eta K) a and a a -> (I - eta K) a a (I - eta K)^T + eta^2 C at the cell whose multi-index is `index`, a place
   that nothing reaches the box's edge from in one step. */
static void CheckAt(const Bench *b, const PetscInt index[], double eta, double tolerance) {
  const int d = b->grid->dim;
  const PetscInt cell = SgdGridTarget(b->grid, index);
  double x[3] = {0}, next[3] = {0};

  SgdGridCentre(b->grid, cell, x);
  for (int i = 0; i < d; i++) {
    next[i] = x[i];
    for (int j = 0; j < d; j++) next[i] -= eta * K[d - 1][i][j] * x[j];
  }
  for (axis = 0; axis < d; axis++)
    for (other = axis; other <= d; other++) { /* other == d: the mean */
      Vec u = Adjoint(b, other < d ? Square : Place);
      const double expected = other < d ? next[axis] * next[other] + eta * eta * C[d - 1][axis][other] : next[axis];
      const PetscScalar *array;
      VecGetArrayRead(u, &array);
      if (cell >= b->grid->first_cell && cell < b->grid->last_cell) {
        const double found = array[cell - b->grid->first_cell];
        if (!(fabs(found - expected) < tolerance))
          fail_msg("d = %d, moment %d %d: %.12g, not %.12g", d, axis, other, found, expected);
      }
      VecRestoreArrayRead(u, &array);
      VecDestroy(&u);
    }
}

static void test_one_step_moments(void **state) {
  static const struct {
    const char *text;
    double eta, tolerance;
    PetscInt at[3];
  } tried[] = {{LINE("20", "400", "absorbing"), 0.1, 1e-10, {220}},
               {LINE("200", "4000", "absorbing"), 0.5, 1e-6, {2010}},
               {PLANE("8", "40", "absorbing"), 0.1, 1e-9, {22, 17}},
               {PLANE("30", "60", "absorbing"), 0.2, 1e-7, {31, 28}},
               {SPACE("12", "20", "absorbing"), 0.1, 1e-7, {10, 9, 10}}};

  (void)state;
  for (size_t k = 0; k < sizeof tried / sizeof *tried; k++) {
    Bench b = BenchBuild(tried[k].text, tried[k].eta, 1);
    CheckAt(&b, tried[k].at, tried[k].eta, tried[k].tolerance);
    BenchClose(&b);
  }
}

static void test_columns_and_adjoint(void **state) {
  static const char *const text[] = {LINE("3", "50", "absorbing"),   LINE("3", "50", "reflecting"),
                                     LINE("3", "50", "periodic"),    PLANE("3", "16", "absorbing"),
                                     PLANE("3", "16", "reflecting"), PLANE("3", "16", "periodic"),
                                     SPACE("3", "8", "absorbing"),   SPACE("3", "8", "reflecting")};

  (void)state;
  for (size_t k = 0; k < sizeof text / sizeof *text; k++) {
    Bench b = BenchBuild(text[k], 0.3, 1);
    assert_int_equal(SgdModelGetKind(b.model), SGD_MAP);
    CheckColumnSums(b.grid, SgdModelOperator(b.model), 1, 1e-13);
    CheckAdjoint(b.grid, SgdModelOperator(b.model), 1e-11);
    BenchClose(&b);
  }
}

static double Gaussian(const double *x) {
  return exp(-x[0] * x[0] / 0.02);
}

/* The mass without the rounding of a long sum, which is as large as what is measured. */
static double Mass(Vec y) {
  const PetscScalar *value;
  long double sum = 0;
  PetscInt n;

  VecGetLocalSize(y, &n);
  VecGetArrayRead(y, &value);
  for (PetscInt i = 0; i < n; i++) sum += value[i];
  VecRestoreArrayRead(y, &value);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_LONG_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  return (double)sum;
}

/* Entries of 1e13: mass is kept to rounding all the same. */
static void test_mass_on_a_grid_too_fine(void **state) {
  Bench b = BenchBuild(LINE("5", "4000", "absorbing"), 0.5, 1);
  Vec y = FillState(b.grid, Gaussian), next;
  PetscScalar total;

  (void)state;
  VecSum(y, &total);
  VecScale(y, 1 / total);
  for (int n = 0; n < 5; n++) {
    (void)Apply(SgdModelOperator(b.model), y, &next);
    const double sum = Mass(next);
    if (!(fabs(sum - 1) < 4e-15)) fail_msg("mass differs from 1 by %g after %d steps", sum - 1, n + 1);
    VecDestroy(&y);
    y = next;
  }
  VecDestroy(&y);
  BenchClose(&b);
}

/* Of the cells: what a face has taken may come back, so the ledger's entries may be of both signs. */
static double CellsNorm(SgdGrid grid, Vec y) {
  const PetscScalar *array;
  double sum = 0;

  VecGetArrayRead(y, &array);
  for (PetscInt cell = 0; cell < grid->last_cell - grid->first_cell; cell++) sum += fabs(array[cell]);
  VecRestoreArrayRead(y, &array);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, grid->comm);
  return sum;
}

/* From any start, of both signs and as rough as the grid: the l1 norm neither runs away nor ends above a few. */
static void CheckBounded(const char *text, double eta, int steps) {
  Bench b = BenchBuild(text, eta, 1);
  Vec y = RandomState(b.grid, 11, 2), next;
  PetscReal largest = 0, norm = 0;

  for (int n = 0; n < steps; n++) {
    Apply(SgdModelOperator(b.model), y, &next);
    VecDestroy(&y);
    y = next;
    norm = CellsNorm(b.grid, y);
    largest = PetscMax(largest, norm);
  }
  if (!(largest < 20 && norm < 2.5))
    fail_msg("eta %g: the mass with its signs grows to %g, ends at %g", eta, largest, norm);
  VecDestroy(&y);
  BenchClose(&b);
}

static void test_no_growth(void **state) {
  static const double eta[] = {0.1, 0.2, 0.4, 0.8, 1.0, 1.2, 1.4, 1.6};

  (void)state;
  for (size_t k = 0; k < sizeof eta / sizeof *eta; k++) {
    CheckBounded(LINE("20", "200", "absorbing"), eta[k], 300);
    if (eta[k] <= 1) CheckBounded(LINE("20", "200", "reflecting"), eta[k], 300);
  }
  for (size_t k = 0; k < sizeof eta / sizeof *eta; k += 2) CheckBounded(PLANE("15", "32", "absorbing"), eta[k], 100);
  CheckBounded(SPACE("8", "10", "absorbing"), 0.4, 40);
  CheckBounded(SPACE("8", "10", "absorbing"), 1.2, 40);
}

/* The solver that large grids take, against the direct one, forward and backward. */
static void test_iterative_solver(void **state) {
  static const char *const text[] = {PLANE("6", "40", "absorbing"), SPACE("4", "12", "absorbing")};
  PetscErrorCode (*hypre)(PC);

  (void)state;
  assert_int_equal(PetscFunctionListFind(PCList, PCHYPRE, &hypre), 0); /* PETSc may have none */
  for (int k = 0; k < 2; k++) {
    Vec direct[2], iterative[2];
    for (int pass = 0; pass < 2; pass++) {
      Vec *to = pass ? iterative : direct;
      if (pass) PetscOptionsInsertString(NULL, "-dfp_ksp_type gmres -dfp_ksp_pc_side right");
      if (pass) PetscOptionsSetValue(NULL, "-dfp_pc_type", hypre ? PCHYPRE : PCGAMG);
      Bench b = BenchBuild(text[k], 0.1, 1);
      Vec y = RandomState(b.grid, 8, 2);
      Apply(SgdModelOperator(b.model), y, &to[0]);
      VecDestroy(&y);
      axis = 0;
      to[1] = Adjoint(&b, Place);
      BenchClose(&b);
    }
    PetscOptionsClearValue(NULL, "-dfp_ksp_type");
    PetscOptionsClearValue(NULL, "-dfp_ksp_pc_side");
    PetscOptionsClearValue(NULL, "-dfp_pc_type");
    for (int i = 0; i < 2; i++) {
      PetscReal size, error;
      VecNorm(direct[i], NORM_2, &size);
      VecAXPY(iterative[i], -1, direct[i]);
      VecNorm(iterative[i], NORM_2, &error);
      if (!(error < 1e-12 * size)) fail_msg("%d dimensions, %s: %g", k + 2, i ? "backward" : "forward", error / size);
      VecDestroy(&direct[i]);
      VecDestroy(&iterative[i]);
    }
  }
}

/* PETSc without hypre: the program's own choice of multigrid, with nothing on the options, against the factorisation. */
static void test_without_hypre(void **state) {
  PetscErrorCode (*hypre)(PC);
  Vec direct, iterative;
  PetscReal size, error;

  (void)state;
  assert_int_equal(PetscFunctionListFind(PCList, PCHYPRE, &hypre), 0);
  for (int pass = 0; pass < 2; pass++) {
    if (pass) {
      PetscOptionsInsertString(NULL, "-dfp_ksp_type gmres -dfp_ksp_pc_side right -dfp_pc_type gamg");
      if (hypre) assert_int_equal(PetscFunctionListAdd(&PCList, PCHYPRE, NULL), 0);
    }
    Bench b = BenchBuild(PLANE("6", "40", "absorbing"), 0.1, 1);
    Vec y = RandomState(b.grid, 8, 2);
    Apply(SgdModelOperator(b.model), y, pass ? &iterative : &direct);
    VecDestroy(&y);
    BenchClose(&b);
  }
  if (hypre) assert_int_equal(PetscFunctionListAdd(&PCList, PCHYPRE, hypre), 0);
  PetscOptionsClearValue(NULL, "-dfp_ksp_type");
  PetscOptionsClearValue(NULL, "-dfp_ksp_pc_side");
  PetscOptionsClearValue(NULL, "-dfp_pc_type");
  VecNorm(direct, NORM_2, &size);
  VecAXPY(iterative, -1, direct);
  VecNorm(iterative, NORM_2, &error);
  if (!(error < 1e-12 * size)) fail_msg("%g", error / size);
  VecDestroy(&direct);
  VecDestroy(&iterative);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_one_step_moments),        cmocka_unit_test(test_columns_and_adjoint),
    cmocka_unit_test(test_mass_on_a_grid_too_fine), cmocka_unit_test(test_no_growth),
    cmocka_unit_test(test_iterative_solver),        cmocka_unit_test(test_without_hypre),
};

BENCH_MAIN(tests)
