/* Fields on the slice: interpolated against evaluated at every cell, halo rows, and the figures they report. */
#include "model_fixture.h"

#define ONE                                                                                                            \
  "landscape:\n"                                                                                                       \
  "  family: polynomial\n"                                                                                             \
  "  dimension: 1\n"                                                                                                   \
  "  terms: [{coefficient: 1, powers: [6]}, {coefficient: -0.7, powers: [3]}, {coefficient: 0.2, powers: [1]}]\n"      \
  "  noise_covariance: [2]\n"                                                                                          \
  "  noise_terms: [{coefficient: 0.5, powers: [2], row: 1, column: 1}]\n"                                              \
  "slice: {axes: [sharpest], min: [-1.5], max: [1], cells: [200]}\n"
#define TWO                                                                                                            \
  "landscape:\n"                                                                                                       \
  "  family: polynomial\n"                                                                                             \
  "  dimension: 2\n"                                                                                                   \
  "  terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: 0.3, powers: [2, 3]}, {coefficient: 1, powers: [1, "   \
  "1]}]\n"                                                                                                             \
  "  noise_covariance: [2, 0.3, 0.3, 1]\n"                                                                             \
  "  noise_terms: [{coefficient: 0.5, powers: [2, 0], row: 1, column: 1}, {coefficient: 0.2, powers: [1, 1], row: 1, " \
  "column: 2}]\n"                                                                                                      \
  "slice: {axes: [sharpest, flattest], min: [-1, -2], max: [1.5, 1], cells: [23, 19], boundary: [absorbing, %s]}\n"
#define THREE                                                                                                          \
  "landscape:\n"                                                                                                       \
  "  family: polynomial\n"                                                                                             \
  "  dimension: 3\n"                                                                                                   \
  "  terms: [{coefficient: 0.25, powers: [4, 0, 0]}, {coefficient: 0.3, powers: [2, 1, 2]}, {coefficient: 1, powers: " \
  "[1, 0, 3]}]\n"                                                                                                      \
  "  noise_covariance: [2, 0.3, 0, 0.3, 1, 0, 0, 0, 1]\n"                                                              \
  "  noise_terms: [{coefficient: 0.1, powers: [1, 1, 1], row: 2, column: 3}]\n"                                        \
  "slice: {axes: [sharpest, flattest, 'mode:2'], min: [-1, -2, 0], max: [1.5, 1, 1], cells: [9, 8, 7]}\n"

enum { ETA = 1, BATCH = 4 };

static Bench Open(MPI_Comm comm, const char *text, PetscInt nodes, PetscInt halo) {
  Bench b = BenchOpen(comm, text, ETA, BATCH);
  BenchFields(&b, nodes, halo);
  return b;
}

/* All arrays of a dimension: loss, g, C. */
static int Arrays(SgdFields f, const double *array[10]) {
  int n = 0;

  array[n++] = f->loss;
  for (int a = 0; a < f->grid->dim; a++) array[n++] = f->g[a];
  for (int c = 0; c < SGD_PAIRS(f->grid->dim); c++) array[n++] = f->C[c];
  return n;
}

/* The largest difference of two fields on the same cells, relative to the range of its kind (loss; gradient;
   covariance). */
static double Difference(SgdFields f, SgdFields exact) {
  const int d = f->grid->dim;
  const double *guess[10], *value[10];
  double range[3] = {0}, worst[3] = {0}, most = 0;
  const int n = Arrays(exact, value);

  Arrays(f, guess);
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++)
    for (int v = 0; v < n; v++) {
      const int kind = v == 0 ? 0 : (v <= d ? 1 : 2);
      range[kind] = PetscMax(range[kind], fabs(value[v][i] - (kind ? 0 : value[0][0])));
      worst[kind] = PetscMax(worst[kind], fabs(guess[v][i] - value[v][i]));
    }
  MPI_Allreduce(MPI_IN_PLACE, range, 3, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, worst, 3, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  for (int k = 0; k < 3; k++) most = PetscMax(most, worst[k] / range[k]);
  return most;
}

static void CheckInterpolation(const char *text, PetscInt nodes) {
  Bench coarse = Open(PETSC_COMM_WORLD, text, nodes, 1), direct = Open(PETSC_COMM_WORLD, text, 0, 1);
  const double error = Difference(coarse.step.fields, direct.step.fields);

  if (!(error < 1e-11)) fail_msg("interpolation is off by %g", error);
  assert_true(coarse.step.fields->interpolation_error < 1e-11);
  assert_true(direct.step.fields->interpolation_error == 0);
  BenchClose(&coarse);
  BenchClose(&direct);
}

static void test_interpolation_is_exact_for_polynomials(void **state) {
  char two[1024];

  (void)state;
  snprintf(two, sizeof two, TWO, "reflecting");
  CheckInterpolation(ONE, 8);
  CheckInterpolation(two, 6);
  CheckInterpolation(THREE, 6);
}

/* With too few nodes the reported error is an error that is really made: not above the largest on a fine grid, and
   within a factor of five of it. */
static void test_reported_error(void **state) {
  (void)state;
  for (PetscInt nodes = 4; nodes <= 6; nodes++) {
    Bench coarse = Open(PETSC_COMM_WORLD, ONE, nodes, 0), direct = Open(PETSC_COMM_WORLD, ONE, 0, 0);
    const double error = Difference(coarse.step.fields, direct.step.fields);
    const double reported = coarse.step.fields->interpolation_error;
    assert_true(error > 1e-4);
    if (!(reported < 1.05 * error && reported > 0.2 * error)) fail_msg("reported %g, true %g", reported, error);
    BenchClose(&coarse);
    BenchClose(&direct);
  }
}

/* l = w1^4/4 + 0.3 w1^2 w2^3 + w1 w2 by hand; the covariance is that of a batch of four. */
static void test_values_by_hand(void **state) {
  char text[1024];

  (void)state;
  snprintf(text, sizeof text, TWO, "absorbing");
  Bench b = Open(PETSC_COMM_WORLD, text, 0, 0);
  SgdFields f = b.step.fields;
  for (PetscInt cell = f->first_cell; cell < f->last_cell; cell++) {
    const PetscInt i = cell - f->first_cell;
    double w[2];
    SgdGridCentre(b.grid, cell, w);
    const double x = w[0], y = w[1];
    assert_true(fabs(f->loss[i] - (x * x * x * x / 4 + 0.3 * x * x * y * y * y + x * y)) < 1e-13);
    assert_true(fabs(f->g[0][i] - (x * x * x + 0.6 * x * y * y * y + y)) < 1e-13);
    assert_true(fabs(f->g[1][i] - (0.9 * x * x * y * y + x)) < 1e-13);
    assert_true(fabs(f->C[0][i] - (2 + 0.5 * x * x) / BATCH) < 1e-14);
    assert_true(fabs(f->C[1][i] - (0.3 + 0.2 * x * y) / BATCH) < 1e-14);
    assert_true(fabs(f->C[2][i] - 1.0 / BATCH) < 1e-14);
  }
  BenchClose(&b);
}

/* Owned rows and the halo, clipped at the ends, hold what one rank alone computes, bit for bit; behind a periodic seam
   any row may be a neighbour, so all are held. */
static void CheckHalo(const char *boundary, PetscInt nodes) {
  enum { HALO = 2 };
  char text[1024];
  const double *held[10], *all[10];

  snprintf(text, sizeof text, TWO, boundary);
  Bench b = Open(PETSC_COMM_WORLD, text, nodes, HALO), alone = Open(PETSC_COMM_SELF, text, nodes, 0);
  SgdFields f = b.step.fields;
  const PetscBool periodic = (PetscBool)!strcmp(boundary, "periodic");
  assert_int_equal(f->first_row, periodic ? 0 : PetscMax(0, b.grid->first_row - HALO));
  assert_int_equal(f->last_row, periodic ? 19 : PetscMin(19, b.grid->last_row + HALO));
  assert_int_equal(f->first_cell, f->first_row * 23);
  assert_int_equal(f->last_cell, f->last_row * 23);
  const int n = Arrays(f, held);
  Arrays(alone.step.fields, all);
  for (int v = 0; v < n; v++)
    for (PetscInt cell = f->first_cell; cell < f->last_cell; cell++)
      assert_true(held[v][cell - f->first_cell] == all[v][cell]);
  assert_true(f->interpolation_error == alone.step.fields->interpolation_error);
  assert_true(f->outside_share == alone.step.fields->outside_share);
  BenchClose(&b);
  BenchClose(&alone);
}

static void test_halo(void **state) {
  (void)state;
  CheckHalo("absorbing", 0);
  CheckHalo("absorbing", 5);
  CheckHalo("periodic", 0);
}

/* A line along w1 where the gradient is (3, 4) everywhere: four fifths of it point out. In its own plane, none. */
static void test_outside_share(void **state) {
  static const char *const axes[2] = {"axes: [sharpest], min: [-1], max: [1], cells: [8]",
                                      "axes: [sharpest, flattest], min: [-1, -1], max: [1, 1], cells: [8, 8]"};
  static const double share[2] = {0.8, 0};

  (void)state;
  for (int k = 0; k < 2; k++)
    for (PetscInt nodes = 0; nodes <= 4; nodes += 4) {
      char text[512];
      snprintf(
          text, sizeof text,
          "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 3, powers: [1, 0]}, {coefficient: 4, "
          "powers: [0, 1]}], noise_covariance: [1, 0, 0, 1]}\nslice: {%s}\n",
          axes[k]);
      Bench b = Open(PETSC_COMM_WORLD, text, nodes, 0);
      assert_true(fabs(b.step.fields->outside_share - share[k]) < 1e-15);
      BenchClose(&b);
    }
}

/* C = [[1, w1], [w1, 1]]: lowest eigenvalue over trace (1 - |w1|)/2, at the outermost cell of any rank. */
static void test_covariance_floor(void **state) {
  Bench b = Open(PETSC_COMM_WORLD,
                 "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 1, powers: [2, 0]}], "
                 "noise_covariance: [1, 0, 0, 1], noise_terms: [{coefficient: 1, powers: [0, 1], row: 1, column: 2}]}\n"
                 "slice: {axes: [sharpest, flattest], min: [-1, -0.5], max: [1, 1.5], cells: [8, 10]}\n",
                 0, 0);
  double floor;

  (void)state;
  assert_int_equal(SgdFieldsCovarianceFloor(b.step.fields, &floor), 0);
  assert_true(fabs(floor - (1 - 1.4) / 2) < 1e-14);
  BenchClose(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_interpolation_is_exact_for_polynomials),
    cmocka_unit_test(test_reported_error),
    cmocka_unit_test(test_values_by_hand),
    cmocka_unit_test(test_halo),
    cmocka_unit_test(test_outside_share),
    cmocka_unit_test(test_covariance_floor),
};

BENCH_MAIN(tests)
