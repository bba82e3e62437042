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

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_weights), cmocka_unit_test(test_far_places),
    cmocka_unit_test(test_batches), cmocka_unit_test(test_epochs),
    cmocka_unit_test(test_draws),   cmocka_unit_test(test_folding_reaches_the_invariant_density)};
BENCH_MAIN(tests)
