/* A matrix split into diagonals and a rest multiplies as before. */
#include "cases/base/instruction_set.h"
#include "operators/matrices/banded.h"
#include "model_fixture.h"

/* The largest difference of the products, over the product's largest entry. */
static double Difference(SgdGrid grid, Mat A, Mat B) {
  Vec x = RandomState(grid, 11, -1), a, b;
  PetscReal size, error;

  Apply(A, x, &a);
  Apply(B, x, &b);
  VecNorm(a, NORM_INFINITY, &size);
  VecAXPY(b, -1, a);
  VecNorm(b, NORM_INFINITY, &error);
  VecDestroy(&x);
  VecDestroy(&a);
  VecDestroy(&b);
  return error / size;
}

/* y <- B x - y, sum <- sum + c x, the split matrix and the plain one, which needs the work vector. */
static double RecurrenceDifference(SgdGrid grid, Mat A, Mat B) {
  Vec x = RandomState(grid, 11, -1), work, y[2], sum[2];
  const Mat matrix[2] = {A, B};
  PetscReal size, error[2];

  VecDuplicate(x, &work);
  for (int k = 0; k < 2; k++) {
    y[k] = RandomState(grid, 12, -1);
    sum[k] = RandomState(grid, 13, -1);
    assert_int_equal(SgdBandedRecur(matrix[k], x, y[k], 0.7, sum[k], k ? NULL : work), 0);
  }
  VecNorm(y[0], NORM_INFINITY, &size);
  VecAXPY(y[1], -1, y[0]);
  VecAXPY(sum[1], -1, sum[0]);
  VecNorm(y[1], NORM_INFINITY, &error[0]);
  VecNorm(sum[1], NORM_INFINITY, &error[1]);
  for (int k = 0; k < 2; k++) {
    VecDestroy(&y[k]);
    VecDestroy(&sum[k]);
  }
  VecDestroy(&x);
  VecDestroy(&work);
  return PetscMax(error[0], error[1]) / size;
}

/* The generator of langevin and what becomes of it: a shell, since most rows share their stencil. */
static void CheckGenerator(const char *slice) {
  char text[1024];
  PetscBool shell;
  Mat B;

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]}\n"
           "slice: {axes: [a, b], min: [-2, -2], max: [2, 2], %s}\nmodels: [langevin]\n",
           slice);
  Bench b = BenchBuild(text, 0.1, 1);
  assert_int_equal(SgdBandedCreate(SgdModelOperator(b.model), &B), 0);
  PetscObjectTypeCompare((PetscObject)B, MATSHELL, &shell);
  assert_true(shell);
  const double difference = Difference(b.grid, SgdModelOperator(b.model), B);
  if (!(difference < 1e-15)) fail_msg("%s: products differ by %g", slice, difference);
  const double recurrence = RecurrenceDifference(b.grid, SgdModelOperator(b.model), B);
  if (!(recurrence < 1e-15)) fail_msg("%s: recurrences differ by %g", slice, recurrence);
  MatDestroy(&B);
  BenchClose(&b);
}

static void test_generators(void **state) {
  (void)state;
  for (int set = 0; set < SGD_INSTRUCTION_SETS; set++) {
    SgdInstructionSetForce((SgdInstructionSet)set);
    CheckGenerator("cells: [50, 40]");
    CheckGenerator("cells: [50, 40], boundary: [reflecting, periodic]");
    CheckGenerator("cells: [50, 40], boundary: [periodic, absorbing]");
    CheckGenerator("cells: [128, 131]"); /* not a multiple of a chunk's rows */
  }
}

/* A shell stays what it is, and so does a matrix with nothing but its main diagonal filled. */
static void test_others_stay(void **state) {
  const PetscInt n = 20;
  PetscInt first, last;
  Mat A, B;

  (void)state;
  MatCreateShell(PETSC_COMM_WORLD, 5, 5, PETSC_DETERMINE, PETSC_DETERMINE, NULL, &A);
  assert_int_equal(SgdBandedCreate(A, &B), 0);
  assert_true(A == B);
  MatDestroy(&A);
  MatDestroy(&B);
  MatCreateAIJ(PETSC_COMM_WORLD, PETSC_DECIDE, PETSC_DECIDE, n, n, 2, NULL, 2, NULL, &A);
  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt i = first; i < last; i++) {
    MatSetValue(A, i, i, 1, INSERT_VALUES);
    MatSetValue(A, i, i * i % n, 2, INSERT_VALUES);
  }
  MatAssemblyBegin(A, MAT_FINAL_ASSEMBLY);
  MatAssemblyEnd(A, MAT_FINAL_ASSEMBLY);
  assert_int_equal(SgdBandedCreate(A, &B), 0);
  assert_true(A == B);
  MatDestroy(&A);
  MatDestroy(&B);
}

static const struct CMUnitTest tests[] = {cmocka_unit_test(test_generators), cmocka_unit_test(test_others_stay)};

BENCH_MAIN(tests)
