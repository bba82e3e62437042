/* Section `slice`: the grid from what the closure needs or from the user's numbers, and what is refused. */
#include "model_fixture.h"

static const SgdSliceNeed need = {{-2, -1, 0}, {3, 1, 0.5}, {0.1, 0.04, 0.5}};

/* Read the section; where `grid` is not NULL build it too. */
static PetscErrorCode Read(const char *text, SgdCase *c, SgdGrid *grid) {
  SgdSliceOptions *o;
  PetscErrorCode ierr;

  *c = OpenText(PETSC_COMM_WORLD, text);
  ierr = SgdSliceRead(*c, PETSC_FALSE, &o);
  if (!ierr && grid) ierr = SgdSliceGrid(*c, o, PETSC_COMM_WORLD, &need, grid);
  return ierr;
}

/* Nothing given: the box is what the horizon needs, with 2.5 cells in the finest scale and 32 at least. */
static void test_automatic(void **state) {
  SgdGrid g;
  SgdCase c;

  (void)state;
  assert_int_equal(Read("slice: {axes: [sharpest, flattest, 'mode:3'], max_cells: 1.0e+7}\n", &c, &g), 0);
  assert_int_equal(g->dim, 3);
  assert_int_equal(g->n[0], 126);
  assert_int_equal(g->n[1], 126);
  assert_int_equal(g->n[2], 32);
  for (int a = 0; a < 3; a++) {
    assert_true(g->min[a] == need.low[a] && g->max[a] == need.high[a]);
    assert_int_equal(g->boundary[a], SGD_ABSORBING);
  }
  SgdGridDestroy(&g);
  SgdCaseClose(&c);
}

static void test_cells_per_noise(void **state) {
  SgdGrid g;
  SgdCase c;

  (void)state;
  assert_int_equal(Read("slice: {cells_per_noise: 5}\n", &c, &g), 0);
  assert_int_equal(g->dim, 1);
  assert_int_equal(g->n[0], 250);
  SgdGridDestroy(&g);
  SgdCaseClose(&c);
}

/* The user's numbers win; where only the box is given, its cells follow from the scale. */
static void test_given(void **state) {
  SgdGrid g;
  SgdCase c;

  (void)state;
  assert_int_equal(Read("slice: {axes: [sharpest, flattest], min: [-1, -3], max: [1, 4], cells: [10, 21], boundary: "
                        "[periodic, reflecting]}\n",
                        &c, &g),
                   0);
  assert_true(g->n[0] == 10 && g->n[1] == 21 && g->min[1] == -3 && g->max[1] == 4);
  assert_true(g->boundary[0] == SGD_PERIODIC && g->boundary[1] == SGD_REFLECTING);
  assert_true(fabs(g->h[1] - 1.0 / 3) < 1e-15);
  SgdGridDestroy(&g);
  SgdCaseClose(&c);
  assert_int_equal(Read("slice: {min: [0], max: [2]}\n", &c, &g), 0);
  assert_int_equal(g->n[0], 50);
  SgdGridDestroy(&g);
  SgdCaseClose(&c);
}

static void test_refusals(void **state) {
  static const char *const bad[][2] = {
      {"slice: {axes: []}\n", "slice.axes"},
      {"slice: {axes: [a, b, c, d]}\n", "expected 1, 2 or 3 axes, found 4"},
      {"slice: {min: [0]}\n", "min has 1 numbers and max 0"},
      {"slice: {min: [0, 1], max: [2, 3]}\n", "expected 1 numbers, one an axis, found 2"},
      {"slice: {min: [1], max: [1]}\n", "max 1 must lie above min 1"},
      {"slice: {cells: [3]}\n", "at least 4 cells, got 3"},
      {"slice: {cells: [30, 30]}\n", "slice.cells"},
      {"slice: {cells: [2000], max_cells: 1000}\n", "more than slice.max_cells"},
      {"slice: {boundary: [absorbing, absorbing]}\n", "slice.boundary"},
      {"slice: {boundary: [reflectin]}\n", "expected absorbing, reflecting or periodic"},
      {"slice: {nodes: 3}\n", "slice.nodes"},
      {"slice: {nodes: -2}\n", "slice.nodes"},
      {"slice: {deviations: [1]}\n", "slice.deviations"},
      {"slice: {deviations: [8, 8]}\n", "slice.deviations"},
      {"slice: {cells_per_noise: 0}\n", "slice.cells_per_noise"},
      {"slice: {max_cells: 2}\n", "slice.max_cells"},
      {"slice: {cell: [8]}\n", "cells"},
      {"slice: {axes: [a], max_cells: 100}\n", "axis 1 wants 126 cells"},
      {"slice: {axes: [a, b], max_cells: 200}\n", "more than slice.max_cells"},
  };

  (void)state;
  for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
    PetscErrorCode ierr;
    SgdGrid g;
    SgdCase c;
    CatchStderr();
    ierr = Read(bad[i][0], &c, &g);
    ReleaseStderr(bad[i][1]);
    if (SgdExitCode(ierr) != SGD_EXIT_CASE) fail_msg("%s: exit %d", bad[i][0], SgdExitCode(ierr));
    SgdCaseClose(&c);
  }
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_automatic), cmocka_unit_test(test_cells_per_noise),
                                          cmocka_unit_test(test_given), cmocka_unit_test(test_refusals)};

BENCH_MAIN(tests)
