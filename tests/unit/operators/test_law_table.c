/* The table of the exact law of batches against the law itself, computed at the place from all gradients: in two and three
   dimensions, on axes that take Chebyshev nodes and on axes that take their cells; phi at single waves, along rows of
   cells and along lines of waves; the same on every number of ranks; and where no table serves. */
#include "cases/base/complex.h"
#include "cases/noise/draw_law.h"
#include "meshes/sample_points.h"
#include "model_fixture.h"
#include "operators/noise/law_expansion.h"
#include "operators/noise/law_table.h"

#define SAMPLES                                                                                                        \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 40, features: 2, classes: 3, seed: 4}}\n"
#define PLANE(cells) SAMPLES "slice: {axes: [a, b], min: [-4.5, -5], max: [5, 4.5], cells: [" cells "]}\n"
#define SPACE        SAMPLES "slice: {axes: [a, b, c], min: [-1, -1, -1], max: [1, 1, 1], cells: [30, 32, 28]}\n"

enum { CELLS = 60, WAVES = 30, LINES = 7 };
static const double reach[3] = {30, 24, 20}; /* of the waves */

static void Wave(int dim, int m, double q[3]) {
  for (int a = 0; a < 3; a++) q[a] = a < dim ? reach[a] * (2 * SgdSequence(dim, a, m) - 1) : 0;
}

/* The largest |phi - table's| over cells and waves, all cells asked for at once. */
static double Worst(const Bench *b, SgdNoiseLaw law, SgdLawTable table) {
  const SgdSupport everywhere = {{0}, {0}, {0}};
  const SgdCellRange range = SgdSupportRange(&everywhere, b->grid);
  double(*q)[3] = calloc(WAVES, sizeof *q),
  *nodes = calloc((size_t)(2 * WAVES * SgdLawTablePlaces(table)), sizeof *nodes);
  double phi[CELLS][2 * WAVES], x[CELLS][3], worst = 0;

  for (int m = 0; m < WAVES; m++) Wave(b->grid->dim, m, q[m]);
  assert_int_equal(SgdLawTableWaves(table, WAVES, q, nodes), 0);
  for (int i = 0; i < CELLS; i++) SgdSequencePoint(b->grid, &range, i, x[i]);
  assert_int_equal(SgdLawTableAt(table, CELLS, x, WAVES, nodes, phi[0]), 0);
  for (int i = 0; i < CELLS; i++) {
    assert_int_equal(SgdNoiseLawAtPoint(law, x[i]), 0);
    for (int m = 0; m < WAVES; m++)
      worst = fmax(worst, cabs(SgdNoiseLawCharacteristic(law, q[m]) - CMPLX(phi[i][m], phi[i][WAVES + m])));
  }
  free(q);
  free(nodes);
  return worst;
}

/* The same along neighbouring lines of waves on the last axis, settled on all of the cells at once and turned to the last one first. */
static double WorstLine(const Bench *b, SgdNoiseLaw law, SgdLawTable table) {
  const int last = b->grid->dim - 1;
  double q0[3] = {reach[0], 0.3 * reach[1], 0}, dq[3] = {0, 0, 0}, x[LINES][3], worst = 0;
  double _Complex phi[3][11], exact[11];

  q0[last] = -reach[last];
  dq[last] = 0.2 * reach[last];
  for (int i = 0; i < LINES; i++) SgdGridCentre(b->grid, i * (b->grid->cells / LINES), x[i]);
  assert_int_equal(SgdLawTableSettle(table, LINES, x), 0);
  for (int i = LINES - 1; i >= 0; i--) {
    assert_int_equal(SgdNoiseLawAtPoint(law, x[i]), 0);
    SgdLawTableTurn(table, i);
    assert_int_equal(SgdLawTableLines(table, q0, 3, -0.45 * reach[0], dq, 11, phi[0]), 0);
    for (int l = 0; l < 3; l++) {
      const double q[3] = {q0[0] - 0.45 * l * reach[0], q0[1], q0[2]};
      assert_int_equal(SgdNoiseLawLine(law, q, dq, 11, exact), 0);
      for (int m = 0; m < 11; m++) worst = fmax(worst, cabs(phi[l][m] - exact[m]));
    }
  }
  return worst;
}

/* phi of one wave along a row of cells. */
static double WorstRow(const Bench *b, SgdNoiseLaw law, SgdLawTable table) {
  const int length = (int)b->grid->n[0], along = SgdLawTableAlong(table);
  const PetscInt first = b->grid->cells / 2 / length * length;
  double *nodes = calloc((size_t)(2 * SgdLawTablePlaces(table)), sizeof *nodes),
         *rows = calloc((size_t)(length * along), sizeof *rows), *phi = calloc((size_t)(2 * length), sizeof *phi);
  double q[1][3], x[3], worst = 0;

  Wave(b->grid->dim, 3, q[0]);
  assert_int_equal(SgdLawTableWaves(table, 1, q, nodes), 0);
  for (int i = 0; i < length; i++) {
    SgdGridCentre(b->grid, first + i, x);
    SgdLawTableAlongAt(table, x[0], rows + i * along);
  }
  assert_int_equal(SgdLawTableRow(table, x, 1, nodes, length, rows, phi), 0);
  for (int i = 0; i < length; i++) {
    SgdGridCentre(b->grid, first + i, x);
    assert_int_equal(SgdNoiseLawAtPoint(law, x), 0);
    worst = fmax(worst, cabs(SgdNoiseLawCharacteristic(law, q[0]) - CMPLX(phi[i], phi[length + i])));
  }
  free(nodes);
  free(rows);
  free(phi);
  return worst;
}

static void Check(const char *text, PetscInt batch, double tolerance, int fewer) {
  const SgdSupport everywhere = {{0}, {0}, {0}};
  Bench b = BenchOpen(PETSC_COMM_WORLD, text, 0.5, batch);
  SgdLawTable table;
  SgdNoiseLaw law;

  BenchFields(&b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b.step, b.kase, "models.0", NULL, NULL, &law), 0);
  assert_int_equal(SgdLawTableCreate(law, b.grid, &everywhere, reach, tolerance, PETSC_MAX_REAL, &table), 0);
  assert_non_null(table);
  const double worst = Worst(&b, law, table), line = WorstLine(&b, law, table), row = WorstRow(&b, law, table);
  if (!rank)
    printf("    batches of %d: %d places, errors %.1e, %.1e, %.1e\n", (int)batch, SgdLawTablePlaces(table), worst, line,
           row);
  assert_true(worst <= 3 * tolerance && line <= 3 * tolerance && row <= 3 * tolerance);
  assert_true(SgdLawTablePlaces(table) * fewer <= b.grid->cells);
  assert_int_equal(SgdLawTableDestroy(&table), 0);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

static void test_nodes(void **state) {
  (void)state;
  Check(PLANE("120, 140"), 4, 1e-8, 3);
  Check(PLANE("120, 140"), 32, 1e-10, 2);
}

static void test_cells(void **state) {
  (void)state;
  Check(PLANE("40, 200"), 2, 1e-9, 2); /* more nodes than cells would be needed along the first axis */
}

static void test_space(void **state) {
  (void)state;
  Check(SPACE, 8, 1e-7, 5);
}

/* No table where it would cost more than the law does without it. */
static void test_dearer(void **state) {
  const SgdSupport everywhere = {{0}, {0}, {0}};
  Bench b = BenchOpen(PETSC_COMM_WORLD, PLANE("60, 60"), 0.5, 4);
  SgdLawTable table;
  SgdNoiseLaw law;

  (void)state;
  BenchFields(&b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b.step, b.kase, "models.0", NULL, NULL, &law), 0);
  assert_int_equal(SgdLawTableCreate(law, b.grid, &everywhere, reach, 1e-4, PETSC_MAX_REAL, &table), 0);
  assert_non_null(table);
  assert_int_equal(SgdLawTableDestroy(&table), 0);
  assert_int_equal(SgdLawTableCreate(law, b.grid, &everywhere, reach, 1e-4, 1e-6, &table), 0);
  assert_null(table);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

/* Without replacement a batch's law is no power of a draw's. */
static void test_none(void **state) {
  const SgdSupport everywhere = {{0}, {0}, {0}};
  Bench b = BenchOpen(PETSC_COMM_WORLD, PLANE("60, 60"), 0.5, 4);
  SgdLawTable table;
  SgdNoiseLaw law;

  (void)state;
  b.step.sampling = SGD_WITHOUT_REPLACEMENT;
  BenchFields(&b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b.step, b.kase, "models.0", NULL, NULL, &law), 0);
  assert_int_equal(SgdLawTableCreate(law, b.grid, &everywhere, reach, 1e-8, PETSC_MAX_REAL, &table), 0);
  assert_null(table);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

/* A block of lines by products of matrices against line by line, as the factors of the terms take them (in 3D at one wave of the
   middle axis), and lines too few for it. */
static void Blocks(const char *text, PetscInt batch) {
  enum { MANY = 12, LENGTH = 33 };
  static double _Complex all[MANY][LENGTH], one[LENGTH];
  Bench b = BenchOpen(PETSC_COMM_WORLD, text, 0.5, batch);
  const int last = b.grid->dim - 1;
  double q0[3] = {-0.4 * reach[0], 0.3 * reach[1], 0}, dq[3] = {0, 0, 0}, x[3], worst = 0;
  SgdNoiseLaw law;

  q0[last] = -16 * 0.05 * reach[last];
  dq[last] = 0.05 * reach[last];
  BenchFields(&b, 0, 0);
  assert_int_equal(SgdNoiseLawCreate(&b.step, b.kase, "models.0", NULL, NULL, &law), 0);
  SgdGridCentre(b.grid, b.grid->cells / 3, x);
  assert_int_equal(SgdNoiseLawAtPoint(law, x), 0);
  for (int lines = 3; lines <= MANY; lines += MANY - 3) {
    assert_int_equal(SgdSampleLawLines(SgdNoiseLawSampleLaw(law), q0, lines, 0.07 * reach[0], dq, LENGTH, all[0]), 0);
    for (int l = 0; l < lines; l++) {
      const double q[3] = {q0[0] + 0.07 * l * reach[0], q0[1], q0[2]};
      assert_int_equal(SgdNoiseLawLine(law, q, dq, LENGTH, one), 0);
      for (int m = 0; m < LENGTH; m++) worst = fmax(worst, cabs(all[l][m] - one[m]));
    }
  }
  assert_true(worst < 1e-13);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  BenchClose(&b);
}

static void test_blocks(void **state) {
  (void)state;
  Blocks(PLANE("60, 60"), 1);
  Blocks(PLANE("60, 60"), 5);
  Blocks(SPACE, 3);
}

static void test_powers(void **state) {
  double re[300], im[300];

  (void)state;
  for (int i = 0; i < 300; i++) re[i] = cos(0.01 * i), im[i] = sin(0.01 * i);
  SgdComplexPowers(13, 300, re, im);
  for (int i = 0; i < 300; i++) assert_true(fabs(re[i] - cos(0.13 * i)) + fabs(im[i] - sin(0.13 * i)) < 1e-13);
}

/* Which of the two is taken, by measurement of both (postprocess/bench/README.md): 500 samples of one digit a batch on 122^2
   cells place by place, 1,797 samples in batches of 16 on the quickstart's cells from a table. */
static void test_choice(void **state) {
  const double mode = 1.5e-9, point = 4e-9 * 610; /* a sample: sample_law.c */
  const int small[3] = {99, 99, 0}, large[3] = {191, 419, 0};

  (void)state;
  assert_false(SgdLawTablePays(2, 68 * 120, 500, SgdLawExpansionDirect(2, small, 500 * point, 500 * mode)));
  assert_true(SgdLawTablePays(2, 45 * 194, 1797, SgdLawExpansionDirect(2, large, 1797 * point, 1797 * mode)));
}

/* Waves by powers against the sum over the samples, in one to three dimensions, with a last part that is not full. */
static void test_waves(void **state) {
  enum { N = 150, COUNT = 60 };
  static double c[3 * N];
  const double dq[3] = {0.03, 0.05, 0.02};
  double psi[2 * COUNT], worst = 0;
  int m[COUNT][3];

  (void)state;
  for (int i = 0; i < 3 * N; i++) c[i] = 20 * sin(1.7 * i + 0.3 * i * i);
  for (int i = 0; i < COUNT; i++)
    for (int a = 0; a < 3; a++) m[i][a] = i ? (int)(81 * SgdSequence(3, a, i)) - 40 : 0;
  for (int d = 1; d <= 3; d++) {
    assert_int_equal(SgdDrawLawWaves(N, d, c, 3, dq, COUNT, (const int(*)[3])m, psi), 0);
    assert_true(fabs(psi[0] - 1) < 1e-14 && fabs(psi[COUNT]) < 1e-14);
    for (int i = 0; i < COUNT; i++) {
      double _Complex sum = 0;
      for (int s = 0; s < N; s++) {
        double angle = 0;
        for (int a = 0; a < d; a++) angle += dq[a] * m[i][a] * c[a * N + s] / 3;
        sum += CMPLX(cos(angle) / N, -sin(angle) / N);
      }
      worst = fmax(worst, cabs(sum - CMPLX(psi[i], psi[COUNT + i])));
    }
  }
  assert_true(worst < 1e-13);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_nodes),  cmocka_unit_test(test_cells), cmocka_unit_test(test_space),
    cmocka_unit_test(test_dearer), cmocka_unit_test(test_none),  cmocka_unit_test(test_blocks),
    cmocka_unit_test(test_powers), cmocka_unit_test(test_waves), cmocka_unit_test(test_choice),
};

BENCH_MAIN(tests)
