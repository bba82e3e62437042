/* The integrator for maps: n steps are n applications, in one go or in segments, at times eta n. */
#include "model_fixture.h"
#include "solver/evolution/tsmap.h"

enum { N = 11 };
static const double eta = 0.1;

/* A ring that turns and spreads: y_i' = 0.5 y_i + 0.3 y_{i-1} + 0.2 y_{i+1}. */
static Mat Ring(void) {
  PetscInt first, last;
  Mat A;

  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, N, N, 3, NULL, 3, NULL, &A);
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt i = first; i < last; i++) {
    const PetscInt column[3] = {i, (i + N - 1) % N, (i + 1) % N};
    const PetscScalar value[3] = {0.5, 0.3, 0.2};
    MatSetValues(A, 1, &i, 3, column, value, INSERT_VALUES);
  }
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  return A;
}

static Vec Start(Mat A) {
  Vec y;
  MatCreateVecs(A, &y, NULL);
  VecZeroEntries(y);
  if (!rank) VecSetValue(y, 2, 1, INSERT_VALUES);
  VecAssemblyBegin(y);
  VecAssemblyEnd(y);
  return y;
}

static TS MakeTS(Mat A, Vec y) {
  TS ts;

  assert_int_equal(SgdTSMapRegister(), 0);
  TSCreate(PETSC_COMM_WORLD, &ts);
  TSSetSolution(ts, y);
  assert_int_equal(TSSetType(ts, TSSGDMAP), 0);
  assert_int_equal(SgdTSMapSetOperator(ts, A), 0);
  TSSetTimeStep(ts, eta);
  TSSetMaxTime(ts, PETSC_MAX_REAL);
  TSSetExactFinalTime(ts, TS_EXACTFINALTIME_STEPOVER);
  return ts;
}

/* Solve up to each of the steps in turn; y is advanced, the time is that of the last. */
static double Advance(Mat A, Vec y, int count, const PetscInt *steps) {
  TS ts = MakeTS(A, y);
  PetscReal time;

  for (int k = 0; k < count; k++) {
    PetscInt done;
    TSSetMaxSteps(ts, steps[k]);
    assert_int_equal(TSSolve(ts, NULL), 0);
    TSGetStepNumber(ts, &done);
    assert_int_equal(done, steps[k]);
    TSGetTime(ts, &time);
    assert_true(time == eta * (double)steps[k]); /* from the integer, not added up */
  }
  TSDestroy(&ts);
  return time;
}

static void CheckSame(Vec a, Vec b) {
  PetscBool same;
  VecEqual(a, b, &same);
  assert_true(same);
}

static void test_steps_are_applications(void **state) {
  const PetscInt steps = 23;
  Mat A = Ring();
  Vec y = Start(A), z = Start(A), next;

  (void)state;
  Advance(A, y, 1, &steps);
  for (int n = 0; n < steps; n++) {
    Apply(A, z, &next);
    VecDestroy(&z);
    z = next;
  }
  CheckSame(y, z);
  VecDestroy(&y);
  VecDestroy(&z);
  MatDestroy(&A);
}

static void test_segments(void **state) {
  const PetscInt whole = 30, part[5] = {1, 2, 10, 29, 30};
  Mat A = Ring();
  Vec y = Start(A), z = Start(A);

  (void)state;
  assert_true(Advance(A, y, 1, &whole) == Advance(A, z, 5, part));
  CheckSame(y, z);
  VecDestroy(&y);
  VecDestroy(&z);
  MatDestroy(&A);
}

/* The operator may be exchanged; the integrator holds a reference of its own. */
static void test_operator_is_referenced(void **state) {
  const PetscInt steps = 1;
  Mat A = Ring(), B = Ring();
  Vec y = Start(A), z = Start(A), next;
  TS ts = MakeTS(A, y);

  (void)state;
  MatScale(B, 2);
  Apply(B, z, &next);
  assert_int_equal(SgdTSMapSetOperator(ts, B), 0);
  MatDestroy(&A);
  MatDestroy(&B);
  TSSetMaxSteps(ts, steps);
  assert_int_equal(TSSolve(ts, NULL), 0);
  CheckSame(y, next);
  TSDestroy(&ts);
  VecDestroy(&y);
  VecDestroy(&z);
  VecDestroy(&next);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_steps_are_applications),
                                          cmocka_unit_test(test_segments),
                                          cmocka_unit_test(test_operator_is_referenced)};

BENCH_MAIN(tests)
