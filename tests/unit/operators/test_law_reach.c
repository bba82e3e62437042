/* How far a step's noise of samples goes, by the place and by the side, against the mass beyond it: of one draw by counting
   the samples, of batches by an independent bound at the place itself; the map's padding that follows from it; the same on
   every number of ranks. */
#include "cases/noise/batch_law.h"
#include "meshes/sample_points.h"
#include "model_fixture.h"
#include "operators/noise/law_reach.h"

#define SAMPLES                                                                                                        \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 40, features: 2, classes: 3, seed: 4}}\n"  \
  "slice: {axes: [a, b], min: [-4.5, -5], max: [5, 4.5], cells: [60, 70]}\n"

enum { CELLS = 200 };
static const double eta = 0.5;

static SgdNoiseLaw Law(Bench *b) {
  SgdNoiseLaw law;

  BenchFields(b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b->step, b->kase, "models.0", NULL, NULL, &law), 0);
  return law;
}

/* One draw: no sample's step may be longer than the reach says, nor the reach longer than the longest step of the block and
   some more. */
static void test_draws(void **state) {
  (void)state;
  const SgdSupport everywhere = {{0}, {0}, {0}};
  Bench b = BenchOpen(PETSC_COMM_WORLD, SAMPLES, eta, 1);
  SgdNoiseLaw law = Law(&b);
  const SgdCellRange range = SgdSupportRange(&everywhere, b.grid);
  double uneven = 0;
  SgdLawReach reach;

  assert_int_equal(SgdLawReachFind(law, b.grid, &everywhere, eta, 1e-7, &reach), 0);
  for (int i = 0; i < CELLS; i++) {
    const PetscInt cell = SgdSequenceCell(b.grid, &range, 1000 + i);
    PetscInt index[3];
    double x[3];
    int N, B;
    SgdGridIndex(b.grid, cell, index);
    SgdGridCentre(b.grid, cell, x);
    const double(*found)[2] = SgdLawReachAt(&reach, index);
    assert_int_equal(SgdNoiseLawAtPoint(law, x), 0);
    const double *c = SgdSampleLawDraws(SgdNoiseLawSampleLaw(law), &N, &B);
    for (int a = 0; a < 2; a++) {
      double down = 0, up = 0;
      for (int s = 0; s < N; s++) {
        down = fmax(down, eta / b.grid->h[a] * c[a * N + s]);
        up = fmax(up, -eta / b.grid->h[a] * c[a * N + s]);
      }
      assert_true(down <= 1.001 * found[a][0] && up <= 1.001 * found[a][1]);
      assert_true(found[a][0] <= 2.5 * down && found[a][1] <= 2.5 * up);
      uneven = fmax(uneven, fmax(found[a][0] / found[a][1], found[a][1] / found[a][0]));
    }
  }
  assert_true(uneven > 1.5); /* else the sides say nothing */
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

/* Where little mass is expected the tail may be thicker, and the reach is shorter. */
static void test_support(void **state) {
  (void)state;
  const SgdSupport everywhere = {{0}, {0}, {0}}, few = {{-1, -1}, {1, 1}, {1.5, 1.5}};
  Bench b = BenchOpen(PETSC_COMM_WORLD, SAMPLES, eta, 8);
  SgdNoiseLaw law = Law(&b);
  SgdLawReach all, weighted;
  const PetscInt corner[3] = {0, 0, 0}, middle[3] = {28, 36, 0};

  assert_int_equal(SgdLawReachFind(law, b.grid, &everywhere, eta, 1e-7, &all), 0);
  assert_int_equal(SgdLawReachFind(law, b.grid, &few, eta, 1e-7, &weighted), 0);
  for (int a = 0; a < 2; a++)
    for (int s = 0; s < 2; s++) {
      assert_true(SgdLawReachAt(&weighted, corner)[a][s] < 0.9 * SgdLawReachAt(&all, corner)[a][s]);
      assert_true(SgdLawReachAt(&weighted, middle)[a][s] > 0.6 * SgdLawReachAt(&all, middle)[a][s]);
    }
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_draws), cmocka_unit_test(test_support)};

BENCH_MAIN(tests)
