/* A leap over many steps against every one of them: the leaking double well (a chain and a generator), and four wells
   in the plane, whose slow modes are degenerate by symmetry. */
#include "problem_fixture.h"
#include "solver/evolution/evolve.h"
#include "solver/evolution/leap.h"
#include "solver/measures/moments.h"
#include <slepcsys.h>
#include <math.h>

static void Build(const char *text, Problem *p, Vec *y0) {
  BuildProblem(text, p);
  assert_int_equal(SgdInitialDensity(p->slice.grid, p->slice.prediction, y0), 0);
}

/* Through the transient by steps; then y by a leap of n steps and e by brute force, from *before on. */
static void Race(Problem *p, Vec y0, int modes, PetscInt n, SgdMoments *before, Vec *y, SgdEvolution *e) {
  const SgdLeapOptions o = {.eigenpairs = modes, .tolerance = 1e-11};
  const double eta = p->sections.settings.sgd->learning_rate;
  PetscBool done = PETSC_FALSE;
  double residual[2];
  PetscInt start = 0;
  SgdLeap leap;

  assert_int_equal(SgdLeapCreate(p->models.model[0], p->slice.grid, eta, &o, &leap), 0);
  assert_int_equal(SgdEvolutionCreate(p->models.model[0], p->slice.grid, eta, y0, e), 0);
  VecDuplicate(y0, y);
  assert_int_equal(SgdLeapTry(leap, y0, 10, &done, residual), 0);
  assert_true(!done && residual[0] > 1e-6); /* the transient has to be stepped through */
  while (!done && start < 500) {
    start += SgdLeapPause(leap);
    assert_int_equal(SgdEvolutionAdvance(*e, start), 0);
    VecCopy(SgdEvolutionState(*e), *y);
    assert_int_equal(SgdMomentsCompute(p->slice.grid, *y, before), 0);
    assert_int_equal(SgdLeapTry(leap, *y, n, &done, residual), 0);
  }
  print_message("          %s: %d modes for %d applications, leapt after %d steps, residuals %.1e and %.1e\n",
                SgdModelName(p->models.model[0]), SgdLeapModes(leap), (int)SgdLeapApplications(leap), (int)start,
                residual[0], residual[1]);
  assert_true(done && start < 200);
  assert_true(residual[0] + residual[1] < 1e-8);
  assert_true(p->slice.grid->dim == 1 || SgdLeapApplications(leap) < 300);
  assert_int_equal(SgdEvolutionAdvance(*e, start + n), 0);
  SgdLeapDestroy(&leap);
}

/* |y - brute force|_1 */
static void CheckClose(Vec y, SgdEvolution e) {
  double distance;

  VecAXPY(y, -1, SgdEvolutionState(e));
  VecNorm(y, NORM_1, &distance);
  print_message("          distance from brute force %.1e\n", distance);
  assert_true(distance < 1e-8);
}

static void Destroy(Problem *p, SgdEvolution *e, Vec *y0, Vec *y) {
  SgdEvolutionDestroy(e);
  VecDestroy(y);
  VecDestroy(y0);
  DestroyProblem(p);
}

static void Check(const char *model) {
  char text[1024];
  Problem p;
  SgdMoments before, brute, leapt;
  SgdEvolution e;
  Vec y0, y;

  snprintf(
      text, sizeof text,
      "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
      "powers: [2]}], noise_covariance: [1]}\nsgd: {learning_rate: 0.4, steps: 3000}\n"
      "slice: {axes: ['coordinate:1'], min: [-2.2], max: [2.2], cells: [160]}\n"
      "initial: {mean: [1], std: [0.1]}\nmodels: [%s]\n",
      model);
  Build(text, &p, &y0);
  Race(&p, y0, 6, 2000, &before, &y, &e);
  SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &brute);
  SgdMomentsCompute(p.slice.grid, y, &leapt);
  assert_true(brute.outflow - before.outflow > 1e-6); /* there is a ledger to keep */
  assert_true(fabs(leapt.mass + leapt.outflow - 1) < 1e-12);
  for (int f = 0; f < 2; f++) assert_true(fabs(leapt.lost[f] - brute.lost[f]) < 1e-8);
  CheckClose(y, e);
  Destroy(&p, &e, &y0, &y);
}

/* Four wells: modes 1, mu, mu, mu^2, then those of the wells. The mean still tells the well of the start. */
static void test_four_wells(void **state) {
  static const char text[] =
      "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, "
      "powers: [2, 0]}, {coefficient: 0.25, powers: [0, 4]}, {coefficient: -0.5, powers: [0, 2]}], "
      "noise_covariance: [0.6, 0, 0, 0.6]}\nsgd: {learning_rate: 0.2, steps: 3000}\n"
      "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-2.3, -2.3], max: [2.3, 2.3], cells: [40, 40]}\n"
      "initial: {mean: [1, 1], std: [0.15, 0.15]}\nmodels: [master]\n";
  Problem p;
  SgdMoments before, brute;
  SgdEvolution e;
  Vec y0, y;

  (void)state;
  Build(text, &p, &y0);
  Race(&p, y0, 12, 2000, &before, &y, &e);
  SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &brute);
  assert_true(fabs(brute.mean[0] - brute.mean[1]) < 1e-10 && brute.mean[0] > 0.01);
  CheckClose(y, e);
  Destroy(&p, &e, &y0, &y);
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
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain), cmocka_unit_test(test_generator),
                                     cmocka_unit_test(test_four_wells)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
