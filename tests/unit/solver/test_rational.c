/* Rational Krylov over long stretches against uniformisation, product by product: density, mass, ledger, the tolerance
   that is kept, few solves whatever the length, the automatic choice, and what gives a stretch up. */
#include "problem_fixture.h"
#include "operators/matrices/rational_exponential.h"
#include "solver/evolution/evolve.h"
#include "solver/measures/moments.h"
#include <slepcsys.h>
#include <math.h>

#define ETA 0.1

/* A tilted double well whose faces let mass out; noise turned against the axes. */
static void Build(Problem *p, Vec *y0) {
  BuildProblem("landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, "
               "{coefficient: -0.5, powers: [2, 0]}, {coefficient: 0.5, powers: [0, 2]}, {coefficient: 0.25, powers: "
               "[1, 1]}], noise_covariance: [1, 0.3, 0.3, 1]}\n"
               "sgd: {learning_rate: 0.1, steps: 10}\n"
               "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1.6, -1.4], max: [1.8, 1.4], cells: [40, 36]}\n"
               "initial: {mean: [0.2, -0.1], std: [0.2, 0.2]}\nmodels: [langevin]\n",
               p);
  assert_int_equal(SgdInitialDensity(p->slice.grid, p->slice.prediction, y0), 0);
}

static void Evolve(Problem *p, Vec y0, const char *type, PetscInt steps, Vec *y) {
  SgdEvolution e;

  PetscOptionsSetValue(NULL, "-langevin_ts_type", type);
  assert_int_equal(SgdEvolutionCreate(p->models.model[0], p->slice.grid, ETA, y0, &e), 0);
  PetscOptionsClearValue(NULL, "-langevin_ts_type");
  assert_int_equal(SgdEvolutionAdvance(e, steps), 0);
  VecDuplicate(y0, y);
  VecCopy(SgdEvolutionState(e), *y);
  SgdEvolutionDestroy(&e);
}

static double Distance(Vec a, Vec b) {
  double distance;
  Vec d;

  VecDuplicate(a, &d);
  VecWAXPY(d, -1, a, b);
  VecNorm(d, NORM_1, &distance);
  VecDestroy(&d);
  return distance;
}

/* From a stretch shorter than any relaxation to one that reaches the leaking state: 10 to 2000 steps. */
static void test_against_uniformisation(void **state) {
  static const PetscInt steps[] = {10, 200, 2000};
  Problem p;
  Vec y0, exact, y;
  SgdMoments m;
  double least, most;

  (void)state;
  Build(&p, &y0);
  for (int k = 0; k < 3; k++) {
    Evolve(&p, y0, "sgduniform", steps[k], &exact);
    Evolve(&p, y0, "sgdrational", steps[k], &y);
    assert_int_equal(SgdMomentsCompute(p.slice.grid, y, &m), 0);
    VecMin(y, NULL, &least);
    VecMax(y, NULL, &most);
    print_message("          %4d steps: distance %.1e, mass error %.1e, outflow %.1e, lowest/highest %.1e\n",
                  (int)steps[k], Distance(exact, y), m.mass + m.outflow - 1, m.outflow, least / most);
    if (!(Distance(exact, y) < 2e-11)) fail_msg("%.3e apart", Distance(exact, y));
    assert_true(fabs(m.mass + m.outflow - 1) < 5e-15);
    assert_true(least >= -1e-12 * most);
    VecDestroy(&exact);
    VecDestroy(&y);
  }
  assert_true(m.outflow > 1e-6); /* so the ledger was part of it */
  VecDestroy(&y0);
  DestroyProblem(&p);
}

/* The error is below ten times what is asked; one factorisation serves stretches of one length, and no stretch takes
   many solves. */
static void test_tolerance(void **state) {
  static const double tolerance[] = {1e-4, 1e-7, 1e-10};
  double error, distance;
  PetscInt solves, factorisations;
  PetscBool stop = PETSC_FALSE;
  SgdRational r;
  Problem p;
  Vec y0, exact, y;

  (void)state;
  Build(&p, &y0);
  Evolve(&p, y0, "sgduniform", 400, &exact);
  VecDuplicate(y0, &y);
  for (int k = 0; k < 3; k++) {
    assert_int_equal(SgdRationalCreate(SgdModelOperator(p.models.model[0]), NULL, p.slice.grid, &r), 0);
    SgdRationalSetTolerance(r, tolerance[k]);
    VecCopy(y0, y);
    for (int stretch = 0; stretch < 2; stretch++)
      assert_int_equal(SgdRationalApply(r, 200 * ETA, y, NULL, NULL, &stop), 0);
    SgdRationalStatistics(r, &solves, &factorisations, &error);
    distance = Distance(exact, y);
    print_message("          asked %.0e: distance %.1e, estimate %.1e, %d solves\n", tolerance[k], distance, error,
                  (int)solves);
    assert_true(distance < 10 * tolerance[k] && error <= tolerance[k]);
    assert_true(factorisations == 1 && solves < 45);
    SgdRationalDestroy(&r);
  }
  VecDestroy(&exact);
  VecDestroy(&y);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

/* The systems by the grid's multigrid, and by an algebraic one where that one's cycles lead nowhere. */
static void Iterate(Problem *p, Vec y0, Vec exact, PetscBool on_grid) {
  PetscBool stop = PETSC_FALSE;
  PetscInt cycles;
  SgdRational r;
  Vec y;

  VecDuplicate(y0, &y);
  VecCopy(y0, y);
  assert_int_equal(SgdRationalCreate(SgdModelOperator(p->models.model[0]), "grid_", p->slice.grid, &r), 0);
  assert_int_equal(SgdRationalApply(r, 200 * ETA, y, NULL, NULL, &stop), 0);
  assert_int_equal(SgdRationalCycles(r, &cycles), on_grid);
  print_message("          distance %.1e, %d cycles\n", Distance(exact, y), (int)cycles);
  assert_true(Distance(exact, y) < 2e-11 && cycles > 20 && cycles < 400);
  SgdRationalDestroy(&r);
  VecDestroy(&y);
}

static void test_on_grid(void **state) {
  Problem p;
  Vec y0, exact;

  (void)state;
  Build(&p, &y0);
  Evolve(&p, y0, "sgduniform", 200, &exact);
  PetscOptionsSetValue(NULL, "-grid_rational_grid", "true");
  Iterate(&p, y0, exact, PETSC_TRUE);
  PetscOptionsSetValue(NULL, "-grid_mg_levels_pc_type", "none");
  Iterate(&p, y0, exact, PETSC_FALSE);
  PetscOptionsClearValue(NULL, "-grid_mg_levels_pc_type");
  PetscOptionsClearValue(NULL, "-grid_rational_grid");
  VecDestroy(&exact);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

/* A long stretch is given to rational Krylov, a short one is not; both end where uniformisation does. */
static void test_automatic(void **state) {
  SgdEvolution e;
  Problem p;
  Vec y0, exact;
  double least;

  (void)state;
  Build(&p, &y0);
  assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, ETA, y0, &e), 0);
  for (PetscInt step = 10; step <= 30; step += 10) assert_int_equal(SgdEvolutionAdvance(e, step), 0);
  VecMin(SgdEvolutionState(e), NULL, &least);
  assert_true(least >= 0); /* uniformisation */
  assert_int_equal(SgdEvolutionAdvance(e, 9030), 0);
  assert_int_equal(SgdEvolutionAdvance(e, 9040), 0);
  Evolve(&p, y0, "sgduniform", 9040, &exact);
  const double distance = Distance(exact, SgdEvolutionState(e));
  print_message("          distance %.1e\n", distance);
  assert_true(distance < 1e-10 && distance > 0);
  VecDestroy(&exact);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

static PetscErrorCode StopAtThird(void *count, PetscBool *stop) {
  *stop = (PetscBool)(++*(int *)count == 3);
  return PETSC_SUCCESS;
}

static void test_given_up(void **state) {
  PetscBool stop = PETSC_FALSE;
  SgdRational r;
  Problem p;
  Vec y0, y;
  int count = 0;

  (void)state;
  Build(&p, &y0);
  VecDuplicate(y0, &y);
  VecCopy(y0, y);
  assert_int_equal(SgdRationalCreate(SgdModelOperator(p.models.model[0]), NULL, p.slice.grid, &r), 0);
  assert_int_equal(SgdRationalApply(r, 20, y, StopAtThird, &count, &stop), 0);
  assert_true(stop && count == 3 && Distance(y, y0) == 0);
  SgdRationalDestroy(&r);
  VecDestroy(&y);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_uniformisation), cmocka_unit_test(test_tolerance),
                                     cmocka_unit_test(test_on_grid), cmocka_unit_test(test_automatic),
                                     cmocka_unit_test(test_given_up)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
