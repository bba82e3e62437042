/* SGD's steps at random times (model jump). For g = lambda w and additive noise of variance D the moments are known:
     <w> = m0 exp(-lambda tau),   <w^2> = M + (m0^2 + v0 - M) exp(-lambda (2 - eta lambda) tau),
     M = eta D/(lambda (2 - eta lambda)), SGD's stationary variance. */
#include "problem_fixture.h"
#include "solver/evolution/evolve.h"
#include "solver/measures/moments.h"
#include "solver/long_time/eigenpairs.h"
#include <slepcsys.h>
#include <math.h>

#define ETA 0.5

static void Build(const char *model, Problem *p) {
  char text[512];

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
           "sgd: {learning_rate: %g, steps: 10}\n"
           "slice: {axes: ['coordinate:1'], min: [-6], max: [6], cells: [96]}\n"
           "initial: {mean: [1], std: [0.5]}\nmodels: [%s]\n",
           ETA, model);
  BuildProblem(text, p);
}

static void CheckClose(const char *what, double value, double expected, double tolerance) {
  print_message("          %s: %.12g, expected %.12g\n", what, value, expected);
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.15g, expected %.15g", what, value, expected);
}

/* Transient and long time, with the dense map and with the one by spreading. */
static void test_moments(void **state) {
  static const char *const models[2] = {"jump", "{model: jump, method: spread}"};
  const double M = ETA / (2 - ETA);

  (void)state;
  for (int k = 0; k < 4; k++) {
    const PetscInt step = k % 2 ? 60 : 3;
    const double tau = ETA * (double)step, second = M + (1.25 - M) * exp(-(2 - ETA) * tau);
    Problem p;
    SgdEvolution e;
    SgdMoments m;
    Vec y0;
    Build(models[k / 2], &p);
    assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
    assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, ETA, y0, &e), 0);
    assert_int_equal(SgdEvolutionAdvance(e, step), 0);
    assert_int_equal(SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &m), 0);
    CheckClose("mean", m.mean[0], exp(-tau), 1e-8);
    CheckClose("second moment", m.cov[0] + m.mean[0] * m.mean[0], second, 1e-7);
    assert_true(fabs(m.mass + m.outflow - 1) < 1e-12);
    SgdEvolutionDestroy(&e);
    VecDestroy(&y0);
    DestroyProblem(&p);
  }
}

/* Eigenvalues ((1 - eta lambda)^k - 1)/eta, none by shift-and-invert. */
static void test_eigenvalues(void **state) {
  const SgdEigenpairsOptions o = {.eigenpairs = 3, .tolerance = 1e-11};
  SgdEigenpairs e;
  Problem p;

  (void)state;
  Build("jump", &p);
  assert_int_equal(SgdEigenpairsCompute(p.models.model[0], p.slice.grid, ETA, &o, &e), 0);
  assert_true(e->count >= 3);
  for (int k = 0; k < 3; k++) CheckClose("eigenvalue", e->re[k], (pow(1 - ETA, k) - 1) / ETA, 1e-7);
  SgdEigenpairsDestroy(&e);
  DestroyProblem(&p);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments), cmocka_unit_test(test_eigenvalues)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
