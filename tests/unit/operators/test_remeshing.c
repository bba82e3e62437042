/* Remeshing weights, lists of batches and epochs: against what defines them. */
#include "cases/noise/batch_list.h"
#include "model_fixture.h"
#include "operators/push_forward/remeshing.h"

/* sum_j W_j x_j^k = T^k for k below the order, and T sits between the middle cells. */
static void test_weights(void **state) {
  double weight[SGD_REMESHING_MOST];

  (void)state;
  for (int order = 2; order <= SGD_REMESHING_MOST; order += 2)
    for (double T = -1.7; T < 3; T += 0.31) {
      const int first = SgdRemeshingWeights(order, T, weight);
      assert_int_equal(first + order / 2 - 1, (int)floor(T));
      for (int k = 0; k < order; k++) {
        double sum = 0;
        for (int j = 0; j < order; j++) sum += weight[j] * pow(first + j - T, k);
        assert_true(fabs(sum - (k == 0)) < 1e-11);
      }
    }
}

/* However far an atom is thrown, its mass arrives: through a face, or folded back into the box. */
static void test_far_places(void **state) {
  const PetscInt n[1] = {12}, index[1] = {3};
  const double min[1] = {0}, max[1] = {12}, places[] = {-1e300, 1e300, 1e9 + 0.25, -7.5, NAN, INFINITY, 12.25};

  (void)state;
  for (int b = 0; b < 3; b++)
    for (size_t p = 0; p < sizeof places / sizeof *places; p++) {
      const SgdBoundary boundary[1] = {b == 0 ? SGD_ABSORBING : (b == 1 ? SGD_REFLECTING : SGD_PERIODIC)};
      SgdTransfers t;
      SgdGrid grid;
      Mat A;
      assert_int_equal(SgdGridCreate(PETSC_COMM_SELF, 1, n, min, max, boundary, &grid), 0);
      assert_int_equal(SgdTransfersCreate(grid, &t), 0);
      assert_int_equal(SgdRemeshingAdd(grid, t, index, 4, &places[p], 1), 0);
      assert_int_equal(SgdTransfersAssemble(t, 1, 1, &A), 0);
      CheckColumnSums(grid, A, 1, 1e-12);
      MatDestroy(&A);
      SgdTransfersDestroy(&t);
      SgdGridDestroy(&grid);
    }
}

/* Every batch once: the subsets ascend, the sequences count. */
static void test_batches(void **state) {
  PetscInt batch[10 * 3], pair[9 * 2];

  (void)state;
  assert_true(SgdBatchListCount(5, 3, SGD_WITHOUT_REPLACEMENT) == 10);
  SgdBatchListAll(5, 3, SGD_WITHOUT_REPLACEMENT, 10, batch);
  for (int i = 0; i < 10; i++) {
    const PetscInt *b = batch + 3 * i;
    assert_true(b[0] < b[1] && b[1] < b[2] && b[2] < 5);
    for (int j = 0; j < i; j++) assert_memory_not_equal(b, batch + 3 * j, 3 * sizeof *b);
  }
  assert_true(SgdBatchListCount(3, 2, SGD_WITH_REPLACEMENT) == 9);
  SgdBatchListAll(3, 2, SGD_WITH_REPLACEMENT, 9, pair);
  for (int i = 0; i < 9; i++) assert_true(pair[2 * i] == i / 3 && pair[2 * i + 1] == i % 3);
}

/* Five samples in batches of two: 5!/(2! 2! 1!) = 30 different epochs, each of four different samples. */
static void test_epochs(void **state) {
  PetscInt epoch[30 * 4];

  (void)state;
  assert_true(SgdEpochListCount(5, 2) == 30);
  assert_int_equal(SgdEpochListAll(5, 2, 30, epoch), 0);
  for (int i = 0; i < 30; i++) {
    const PetscInt *e = epoch + 4 * i;
    int seen = 0;
    for (int k = 0; k < 4; k++) seen |= 1 << e[k];
    assert_int_equal(__builtin_popcount((unsigned)seen), 4);
    for (int j = 0; j < i; j++) assert_memory_not_equal(e, epoch + 4 * j, 4 * sizeof *e);
  }
}

/* Drawn batches: within the range, distinct without replacement, the same again for the same seed only. */
static void test_draws(void **state) {
  PetscInt a[60], b[60];

  (void)state;
  assert_int_equal(SgdBatchListDraw(7, 3, SGD_DRAW_WITHOUT_REPLACEMENT, 5, 20, 1, a), 0);
  assert_int_equal(SgdBatchListDraw(7, 3, SGD_DRAW_WITHOUT_REPLACEMENT, 5, 20, 1, b), 0);
  assert_memory_equal(a, b, sizeof a);
  assert_int_equal(SgdBatchListDraw(7, 3, SGD_DRAW_WITHOUT_REPLACEMENT, 6, 20, 1, b), 0);
  assert_memory_not_equal(a, b, sizeof a);
  for (int i = 0; i < 60; i += 3) {
    assert_true(a[i] != a[i + 1] && a[i] != a[i + 2] && a[i + 1] != a[i + 2]);
    for (int k = 0; k < 3; k++) assert_in_range(a[i + k], 0, 6);
  }
}

/* (w^2 - 1)^2/4 with eta = 2, w' = 3 w - 2 w^3 folds [-sqrt 2, sqrt 2] three times onto itself. */
#define FOLDING                                                                                                        \
  "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "       \
  "powers: [2]}], noise_covariance: [0]}\n"                                                                            \
  "slice: {axes: ['coordinate:1'], min: [-1.4142135623730951], max: [1.4142135623730951], cells: [%d], boundary: "     \
  "[reflecting]}\n"                                                                                                    \
  "models: [{model: random_map, order: %d}]\n"

static double Start(const double *x) {
  return exp(-0.5 * pow((x[0] - 0.3) / 0.1, 2));
}

/* Invariant density 1/(pi sqrt(2 - w^2)): L1 distance of the cells' masses from its integrals over the cells. */
static double FarFromInvariant(SgdGrid grid, Vec y) {
  const PetscScalar *mass;
  double distance = 0;

  VecGetArrayRead(y, &mass);
  for (PetscInt i = 0; i < grid->n[0]; i++) {
    const double from = grid->min[0] + (double)i * grid->h[0], to = from + grid->h[0];
    distance += fabs(mass[i] - (asin(fmin(to / sqrt(2), 1)) - asin(fmax(from / sqrt(2), -1))) / PETSC_PI);
  }
  VecRestoreArrayRead(y, &mass);
  return distance;
}

static double Folded(int cells, int order) {
  char text[512];
  PetscReal sum;
  Vec y, next;

  snprintf(text, sizeof text, FOLDING, cells, order);
  Bench b = BenchBuild(text, 2, 1);
  y = FillState(b.grid, Start);
  VecSum(y, &sum);
  VecScale(y, 1 / sum);
  VecDuplicate(y, &next);
  for (int step = 0; step < 40; step++) {
    assert_int_equal(MatMult(SgdModelOperator(b.model), y, next), 0);
    VecCopy(next, y);
  }
  VecSum(y, &sum);
  assert_true(fabs(sum - 1) < 1e-12);
  const double distance = FarFromInvariant(b.grid, y);
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
  return distance;
}

/* Centres alone leave a comb at a distance of 0.97. The density's ends are square roots: the error falls as h^1/2. */
static void test_folding_reaches_the_invariant_density(void **state) {
  (void)state;
  for (int order = 2; order <= 4; order += 2) {
    const double coarse = Folded(1024, order), fine = Folded(16384, order);
    print_message("order %d: L1 %.3g with 1,024 cells, %.3g with 16,384\n", order, coarse, fine);
    assert_true(coarse < 0.04 && fine < 0.015 && coarse > 2 * fine);
  }
}

/* The weights of a piece: those of a point without width; moments about its place as a point's. */
static void test_pieces(void **state) {
  double weight[SGD_PIECE_MOST];
  int count;

  (void)state;
  for (int order = 2; order <= SGD_REMESHING_MOST; order += 2)
    for (double T = -1.7; T < 3; T += 0.31)
      for (double width = 0.25; width < 1.3; width += 0.25) {
        const int first = SgdRemeshingPiece(order, T, width, weight, &count);
        assert_true(count <= SGD_PIECE_MOST);
        for (int k = 0; k < PetscMin(order, 6); k++) {
          double sum = 0;
          for (int j = 0; j < count; j++) sum += weight[j] * pow(first + j - T, k);
          assert_true(fabs(sum - (k == 0)) < 1e-10);
        }
      }
}

/* w' = (1 - eta) w +- eta with eta = 1 - 1/sqrt 2: the invariant density is a trapezoid, flat up to 2 eta^2, zero at 1.
   Distance along the first axis of its cells' values after 40 steps. */
static double Trapezoid(const char *eigenvalues, const char *axes, int cells, int rows) {
  const double eta = 1 - 1 / sqrt(2);
  char text[512];
  double distance = 0;
  const PetscScalar *mass;
  PetscReal sum;
  Vec y, next;

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, eigenvalues: [%s], gradient_noise: [1%s]}\n"
           "slice: {axes: [%s], min: [-1.5%s], max: [1.5%s], cells: [%d%s]}\nmodels: [random_map]\n",
           eigenvalues, rows > 1 ? ", 0" : "", axes, rows > 1 ? ", -1" : "", rows > 1 ? ", 1" : "", cells,
           rows > 1 ? ", 12" : "");
  Bench b = BenchBuild(text, eta, 1);
  y = FillState(b.grid, Start);
  VecSum(y, &sum);
  VecScale(y, 1 / sum);
  VecDuplicate(y, &next);
  for (int step = 0; step < 40; step++) {
    assert_int_equal(MatMult(SgdModelOperator(b.model), y, next), 0);
    VecCopy(next, y);
  }
  VecGetArrayRead(y, &mass);
  sum = 0; /* in two dimensions the start reaches the second axis's faces, and some of it leaves */
  for (int i = 0; i < cells * rows; i++) sum += mass[i];
  for (int i = 0; i < cells; i++) {
    const double w = fabs(b.grid->min[0] + (i + 0.5) * b.grid->h[0]), edge = 2 * eta * eta;
    double here = 0;
    for (int j = 0; j < rows; j++) here += mass[i + j * cells];
    distance += fabs(here / sum - b.grid->h[0] * (w < edge ? 1 : PetscMax(0, (1 - w) / (1 - edge))) / (4 * eta));
  }
  VecRestoreArrayRead(y, &mass);
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
  return distance;
}

/* Points remeshed leave a ripple of 0.03 on every grid. */
static void test_contraction_leaves_no_ripple(void **state) {
  const double coarse = Trapezoid("1", "'coordinate:1'", 512, 1), fine = Trapezoid("1", "'coordinate:1'", 4096, 1);

  (void)state;
  print_message("L1 %.3g with 512 cells, %.3g with 4,096\n", coarse, fine);
  assert_true(coarse < 2e-4 && fine < 2e-5);
  assert_true(Trapezoid("1, 0.5", "'coordinate:1', 'coordinate:2'", 256, 12) < 1e-3);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_weights),
                                          cmocka_unit_test(test_far_places),
                                          cmocka_unit_test(test_batches),
                                          cmocka_unit_test(test_epochs),
                                          cmocka_unit_test(test_draws),
                                          cmocka_unit_test(test_pieces),
                                          cmocka_unit_test(test_contraction_leaves_no_ripple),
                                          cmocka_unit_test(test_folding_reaches_the_invariant_density)};
BENCH_MAIN(tests)
