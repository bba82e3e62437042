/* Moments between output steps: those of moments.h to rounding, thinned for long runs, the same after a restart. */
#include "solver/measures/moments.h"
#include "solver/measures/step_moments.h"
#include "meshes/fields.h"
#include <slepcsys.h>
#include <math.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

static SgdGrid MakeGrid(int dim) {
  const PetscInt n[3] = {30, 20, 10};
  const double min[3] = {99, -4.2, -2.6}, max[3] = {101, 3.9, 3.0};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};
  SgdGrid grid;

  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, &grid), 0);
  return grid;
}

/* A lopsided density that depends on the step, with a negative cell and 0.9 of the mass. */
static Vec MakeState(SgdGrid grid, PetscInt step) {
  PetscScalar *m, total;
  Vec y;

  assert_int_equal(SgdGridCreateState(grid, &y), 0);
  VecGetArray(y, &m);
  for (PetscInt j = grid->first_cell; j < grid->last_cell; j++)
    m[j - grid->first_cell] = j == 7 ? -0.01 : 1.5 + sin(0.37 * (double)(j * (step + 1))) + cos(0.01 * (double)j);
  VecRestoreArray(y, &m);
  VecSum(y, &total);
  VecScale(y, 0.9 / total);
  return y;
}

static void Compare(SgdGrid grid, const SgdStepRow *row, PetscInt step) {
  Vec y = MakeState(grid, step);
  SgdMoments m;

  assert_int_equal(row->step, step);
  assert_int_equal(SgdMomentsCompute(grid, y, &m), 0);
  assert_true(fabs(row->mass - m.mass) < 1e-14);
  for (int a = 0; a < grid->dim; a++) assert_true(fabs(row->mean[a] - m.mean[a]) < 1e-14 * fabs(m.mean[a]) + 1e-13);
  for (int p = 0; p < SGD_PAIRS(grid->dim); p++) assert_true(fabs(row->cov[p] - m.cov[p]) < 1e-13);
  VecDestroy(&y);
}

/* Steps first .. last of model 1 of 2. */
static void Walk(SgdStepMoments s, SgdGrid grid, PetscInt first, PetscInt last) {
  for (PetscInt step = first; step <= last; step++) {
    Vec y = MakeState(grid, step);
    assert_int_equal(SgdStepMomentsAdd(s, 1, step, y), 0);
    VecDestroy(&y);
  }
}

static void Output(SgdStepMoments s, SgdGrid grid, PetscInt step) {
  Vec y = MakeState(grid, step);
  assert_int_equal(SgdStepMomentsOutput(s, 1, step, y), 0);
  assert_int_equal(SgdStepMomentsOutput(s, 0, step, NULL), 0); /* a model that has failed has no rows */
  VecDestroy(&y);
}

static void test_are_those_of_moments(void **state) {
  (void)state;
  for (int dim = 1; dim <= 3; dim++) {
    SgdGrid grid = MakeGrid(dim);
    const SgdStepRow *row;
    SgdStepMoments s;
    PetscInt count;

    assert_int_equal(SgdStepMomentsCreate(grid, 2, 12, &s), 0);
    Output(s, grid, 0);
    Walk(s, grid, 1, 5);
    Output(s, grid, 5);
    Walk(s, grid, 6, 12);
    Output(s, grid, 12);
    assert_int_equal(SgdStepMomentsRows(s, 1, &count, &row), 0);
    assert_int_equal(count, 13);
    for (PetscInt i = 0; i < count; i++) Compare(grid, &row[i], i);
    assert_int_equal(SgdStepMomentsRows(s, 0, &count, &row), 0);
    assert_int_equal(count, 0);
    assert_int_equal(SgdStepMomentsDestroy(&s), 0);
    SgdGridDestroy(&grid);
  }
}

/* Of 25,000 steps every third is kept beyond the hundredth, and every output step. */
static void test_long_runs_are_thinned(void **state) {
  SgdGrid grid = MakeGrid(1);
  const SgdStepRow *row;
  SgdStepMoments s;
  PetscInt count;

  (void)state;
  assert_int_equal(SgdStepMomentsCreate(grid, 2, 25000, &s), 0);
  Output(s, grid, 0);
  Walk(s, grid, 1, 109);
  Output(s, grid, 109);
  assert_int_equal(SgdStepMomentsRows(s, 1, &count, &row), 0);
  assert_int_equal(count, 101 + 3 + 1);
  assert_int_equal(row[100].step, 100);
  assert_int_equal(row[101].step, 102);
  Compare(grid, &row[104], 109);
  assert_int_equal(SgdStepMomentsDestroy(&s), 0);
  SgdGridDestroy(&grid);
}

/* Stopped after step 7, behind the output step 5: the same bits as without. */
static void test_restart(void **state) {
  SgdGrid grid = MakeGrid(2);
  const SgdStepRow *row, *again;
  SgdStepMoments s, t;
  PetscInt count, same;

  (void)state;
  assert_int_equal(SgdStepMomentsCreate(grid, 2, 9, &s), 0);
  Output(s, grid, 0);
  Walk(s, grid, 1, 5);
  Output(s, grid, 5);
  Walk(s, grid, 6, 7);
  assert_int_equal(SgdStepMomentsRows(s, 1, &count, &row), 0);
  assert_int_equal(SgdStepMomentsCreate(grid, 2, 9, &t), 0);
  assert_int_equal(SgdStepMomentsSetRows(t, 1, count, row, 5), 0);
  for (int i = 0; i < 2; i++) {
    Walk(i ? t : s, grid, 8, 9);
    Output(i ? t : s, grid, 9);
  }
  assert_int_equal(SgdStepMomentsRows(s, 1, &count, &row), 0);
  assert_int_equal(SgdStepMomentsRows(t, 1, &same, &again), 0);
  assert_int_equal(count, 10);
  assert_int_equal(same, count);
  assert_memory_equal(row, again, (size_t)count * sizeof *row);
  assert_int_equal(SgdStepMomentsDestroy(&s), 0);
  assert_int_equal(SgdStepMomentsDestroy(&t), 0);
  SgdGridDestroy(&grid);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_are_those_of_moments),
                                     cmocka_unit_test(test_long_runs_are_thinned), cmocka_unit_test(test_restart)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  const int failed = cmocka_run_group_tests(tests, NULL, NULL);
  SlepcFinalize();
  return failed;
}
