/* Operators on an optimizer's states, which send each cell by a function of its own (push_forward/by_cells.h): the transpose
   is the adjoint, and mass is kept, for the map itself, its Gaussian closure and the diffusion in its place. */
#include "problem_fixture.h"
#include <slepcsys.h>
#include <math.h>

static const char text[] = "landscape: {family: quadratic, eigenvalues: [1.0], gradient_noise: [1.0]}\n"
                           "sgd: {learning_rate: 0.1, steps: 10}\n"
                           "slice: {axes: [sharpest], min: [-2, %s], max: [2, %s], cells: [40, 36]}\n"
                           "initial: {mean: [0.5, %s], std: [0.3, 0.3]}\n"
                           "models: [master, gaussian_closure, diffusion_limit]\n"
                           "optimizer: {name: %s}\n";

/* Two groups of samples, whose batches are listed (one of each) or Gaussian (three of each). */
static const char groups[] =
    "landscape: {family: softmax, l2: 0.3, data: {source: synthetic, samples: 16, features: 2, classes: 2, seed: 2}}\n"
    "sgd: {learning_rate: 0.2, steps: 10, batch_size: %d}\n"
    "reference_point: {point: [0, 0, 0, 0, 0, 0]}\n"
    "slice: {axes: ['coordinate:1'], min: [-2, -2], max: [2, 2], cells: [40, 36]}\n"
    "initial: {mean: [0.2, 0], std: [0.3, 0.3]}\n"
    "models: [master, gaussian_closure]\n"
    "optimizer: {name: also, groups: [1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 2, 1, 1]}\n";

static Vec Wave(SgdGrid grid, double k, double offset) {
  Vec x;
  PetscInt low, high;
  double *a;

  assert_int_equal(SgdGridCreateState(grid, &x), 0);
  VecGetOwnershipRange(x, &low, &high);
  VecGetArray(x, &a);
  for (PetscInt i = low; i < high; i++) a[i - low] = offset + sin(1 + k * (double)i);
  VecRestoreArray(x, &a);
  return x;
}

static void CheckModel(SgdGrid grid, Mat A) {
  Vec x = Wave(grid, 0.37, 0), y = Wave(grid, 0.11, 0), one = Wave(grid, 0, 0), Ax, Ay;
  double forward, backward, error, scale;

  VecDuplicate(x, &Ax);
  VecDuplicate(x, &Ay);
  VecSet(one, 1);
  assert_int_equal(MatMult(A, x, Ax), 0);
  assert_int_equal(MatMultTranspose(A, y, Ay), 0);
  VecDot(Ax, y, &forward);
  VecDot(x, Ay, &backward);
  VecNorm(Ax, NORM_2, &scale);
  if (fabs(forward - backward) > 1e-13 * scale * sqrt((double)grid->cells))
    fail_msg("<A x, y> %.17g, <x, A^T y> %.17g", forward, backward);
  assert_int_equal(MatMultTranspose(A, one, Ay), 0);
  VecAXPY(Ay, -1, one);
  VecNorm(Ay, NORM_INFINITY, &error);
  if (error > 1e-13) fail_msg("a cell's mass is changed by %.3g", error);
  for (Vec *v[] = {&x, &y, &one, &Ax, &Ay}, **p = v; p < v + 5; p++) VecDestroy(*p);
}

static void CheckModels(const char *whole) {
  Problem p;

  BuildProblem(whole, &p);
  for (int m = 0; m < p.models.count; m++) {
    assert_false(p.models.failed[m]);
    CheckModel(p.slice.grid, SgdModelOperator(p.models.model[m]));
  }
  DestroyProblem(&p);
}

static void CheckOptimizer(const char *name, const char *low, const char *high, const char *mean) {
  char whole[2048];

  snprintf(whole, sizeof whole, text, low, high, mean, name);
  CheckModels(whole);
}

static void test_also(void **state) {
  char whole[2048];

  (void)state;
  for (int batch = 1; batch <= 3; batch += 2) {
    snprintf(whole, sizeof whole, groups, batch);
    CheckModels(whole);
  }
}

static void test_nesterov(void **state) {
  (void)state;
  CheckOptimizer("nesterov, momentum: 0.8", "-1.5", "1.5", "0");
}

static void test_rmsprop(void **state) {
  (void)state;
  CheckOptimizer("rmsprop, decay: 0.9", "-0.5", "4.5", "1.5");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_nesterov), cmocka_unit_test(test_rmsprop),
                                     cmocka_unit_test(test_also)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
