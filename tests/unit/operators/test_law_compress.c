/* The terms of a law of batches after their number has been cut: mixtures of the law at the places, against the law itself,
   computed at the cells from all gradients; fewer than places; the same on every number of ranks. */
#include "cases/base/complex.h"
#include "meshes/sample_points.h"
#include "model_fixture.h"
#include "operators/noise/law_expansion.h"

#define SAMPLES                                                                                                        \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 40, features: 2, classes: 3, seed: 4}}\n"  \
  "slice: {axes: [a, b], min: [-4.5, -5], max: [5, 4.5], cells: [60, 70]}\n"

enum { CELLS = 50, WAVES = 20, MODES = 20 };
static const double dq[2] = {0.6, 0.5};

/* sum over the terms of their weight times their mixture at the wave q. */
static double _Complex Sum(const SgdLawExpansion *e, const double _Complex at_place[], PetscInt cell, PetscInt cells) {
  double _Complex sum = 0;

  for (int t = 0; t < e->terms; t++) {
    double _Complex term = 0;
    for (int r = 0; r < e->places; r++) term += e->mix[t * e->places + r] * at_place[r];
    sum += e->weight[t * cells + cell] * term;
  }
  return sum;
}

/* The largest error over this rank's cells (some) and waves. */
static double Worst(const Bench *b, SgdNoiseLaw law, const SgdLawExpansion *e) {
  const PetscInt first = b->grid->first_cell, cells = b->grid->last_cell - first;
  double _Complex *at_place = calloc((size_t)(e->places * WAVES), sizeof *at_place);
  double q[WAVES][3] = {{0}}, worst = 0;

  for (int m = 0; m < WAVES; m++)
    for (int a = 0; a < 2; a++) q[m][a] = dq[a] * round(MODES * (2 * SgdSequence(2, a, m) - 1));
  for (int r = 0; r < e->places; r++) {
    assert_int_equal(SgdNoiseLawAtPoint(law, e->x[r]), 0);
    for (int m = 0; m < WAVES; m++) at_place[m * e->places + r] = SgdNoiseLawCharacteristic(law, q[m]);
  }
  for (int i = 0; i < CELLS; i++) {
    const PetscInt cell = cells * i / CELLS;
    assert_int_equal(SgdNoiseLawAt(law, first + cell), 0);
    for (int m = 0; m < WAVES; m++)
      worst = fmax(worst, cabs(SgdNoiseLawCharacteristic(law, q[m]) - Sum(e, at_place + m * e->places, cell, cells)));
  }
  free(at_place);
  return worst;
}

static void Check(PetscInt batch, double tolerance, int fewer) {
  const SgdSupport everywhere = {{0}, {0}, {0}};
  const SgdLawAccuracy accuracy = {.tolerance = tolerance, .most = 640, .support = &everywhere};
  const int modes[2] = {MODES, MODES};
  Bench b = BenchOpen(PETSC_COMM_WORLD, SAMPLES, 0.5, batch);
  SgdLawExpansion e;
  SgdNoiseLaw law;

  BenchFields(&b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b.step, b.kase, "models.0", NULL, NULL, &law), 0);
  assert_int_equal(SgdLawExpansionCreate(law, b.grid, dq, modes, &accuracy, &e), 0);
  assert_non_null(e.mix);
  const double worst = Worst(&b, law, &e);
  if (!rank)
    printf("    batches of %d, %.0e: %d terms of %d places, error %.1e, stated %.1e\n", (int)batch, tolerance, e.terms,
           e.places, worst, e.error);
  assert_true(e.terms * 100 <= e.places * fewer);
  assert_true(worst <= 5 * tolerance && e.error <= 5 * tolerance);
  assert_int_equal(SgdLawExpansionDestroy(&e), 0);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

static void test_terms(void **state) {
  (void)state;
  Check(2, 1e-5, 95);
  Check(4, 1e-6, 95);
  Check(4, 1e-9, 95);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_terms)};

BENCH_MAIN(tests)
