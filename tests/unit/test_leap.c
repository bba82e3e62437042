/* A leap over many steps against every one of them: 2000 steps of the leaking double well (a chain and a generator). */
#include "landscape_fixture.h"
#include "evolve.h"
#include "leap.h"
#include "moments.h"
#include "problem.h"
#include <slepcsys.h>
#include <math.h>

static void Check(const char *model) {
  const SgdLeapOptions o = {.eigenpairs = 6, .tolerance = 1e-11};
  char text[1024];
  PetscBool done = PETSC_FALSE;
  SgdProblem p = {0};
  SgdMoments before, brute, leapt;
  double residual, distance;
  SgdEvolution e;
  SgdLeap leap;
  PetscInt n = 0;
  Vec y0, y;

  snprintf(
      text, sizeof text,
      "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
      "powers: [2]}], noise_covariance: [1]}\nsgd: {learning_rate: 0.4, steps: 3000}\n"
      "slice: {axes: ['coordinate:1'], min: [-2.2], max: [2.2], cells: [160]}\n"
      "initial: {mean: [1], std: [0.1]}\nmodels: [%s]\n",
      model);
  assert_int_equal(SgdProblemRead(OpenText(PETSC_COMM_WORLD, text), &p), 0);
  assert_int_equal(SgdProblemSpectrum(&p, PETSC_FALSE), 0);
  assert_int_equal(SgdProblemSlice(&p), 0);
  assert_int_equal(SgdProblemModels(&p), 0);
  assert_int_equal(SgdProblemInitial(&p, &y0), 0);
  assert_int_equal(SgdLeapCreate(p.model[0], p.grid, 0.4, &o, &leap), 0);
  assert_int_equal(SgdEvolutionCreate(p.model[0], p.grid, 0.4, y0, &e), 0);
  VecDuplicate(y0, &y);
  assert_int_equal(SgdLeapTry(leap, y0, 10, &done, &residual), 0);
  assert_true(!done && residual > 1e-6); /* the transient has to be stepped through */
  while (!done && n < 500) {
    n += SgdLeapPause(leap);
    assert_int_equal(SgdEvolutionAdvance(e, n), 0);
    VecCopy(SgdEvolutionState(e), y);
    assert_int_equal(SgdMomentsCompute(p.grid, y, &before), 0);
    assert_int_equal(SgdLeapTry(leap, y, 2000, &done, &residual), 0);
  }
  assert_true(done && n < 200);
  assert_int_equal(SgdEvolutionAdvance(e, n + 2000), 0);
  SgdMomentsCompute(p.grid, SgdEvolutionState(e), &brute);
  SgdMomentsCompute(p.grid, y, &leapt);
  assert_true(brute.outflow - before.outflow > 1e-6); /* there is a ledger to keep */
  assert_true(fabs(leapt.mass + leapt.outflow - 1) < 1e-12);
  for (int f = 0; f < 2; f++) assert_true(fabs(leapt.lost[f] - brute.lost[f]) < 1e-8);
  VecAXPY(y, -1, SgdEvolutionState(e));
  VecNorm(y, NORM_1, &distance);
  print_message("          %s: leapt after %d steps, residual %.1e, distance from brute force %.1e\n", model, (int)n,
                residual, distance);
  assert_true(distance < 1e-8);
  SgdLeapDestroy(&leap);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y);
  VecDestroy(&y0);
  SgdCase c = p.kase;
  SgdProblemDestroy(&p);
  SgdCaseClose(&c);
}

static void test_chain(void **state) {
  (void)state;
  Check("master");
}

static void test_generator(void **state) {
  (void)state;
  Check("langevin");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain), cmocka_unit_test(test_generator)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
