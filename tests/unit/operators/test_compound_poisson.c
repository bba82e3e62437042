/* Drift and jumps (model compound_poisson) on g = w, eta = 0.5, s2 = 1: moments in time, and stationary cumulants
     kappa_n = (-1)^n eta^{n-1} E[xi^n]/n   (model_compound_poisson.c). */
#include "model_fixture.h"
#include "problem_fixture.h"
#include "solver/evolution/evolve.h"
#include "solver/measures/moments.h"
#include "solver/stationary/stationaryimpl.h"
#include <math.h>

#define ETA 0.5

static void Build(const char *model, int cells, Problem *p) {
  char text[512];

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
           "sgd: {learning_rate: %g, steps: 10}\n"
           "slice: {axes: ['coordinate:1'], min: [-7], max: [7], cells: [%d]}\n"
           "initial: {mean: [1], std: [0.5]}\nmodels: [%s]\n",
           ETA, cells, model);
  BuildProblem(text, p);
}

static void Near(const char *what, double value, double expected, double tolerance) {
  print_message("          %s: %.12g, expected %.12g\n", what, value, expected);
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%s: %.15g, expected %.15g", what, value, expected);
}

/* <w> = exp(-tau), S = eta/2 + (1/4 - eta/2) exp(-2 tau). */
static void test_transient(void **state) {
  static const char *const models[2] = {"compound_poisson", "{model: compound_poisson, method: spread}"};

  (void)state;
  for (int k = 0; k < 2; k++) {
    Problem p;
    SgdEvolution e;
    SgdMoments m;
    Vec y0;
    Build(models[k], 280, &p);
    assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
    assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, ETA, y0, &e), 0);
    assert_int_equal(SgdEvolutionAdvance(e, 3), 0);
    assert_int_equal(SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &m), 0);
    Near("mean", m.mean[0], exp(-1.5), 1e-6);
    Near("variance", m.cov[0], 0.25 * exp(-3) + 0.25 * (1 - exp(-3)), 1e-5);
    assert_true(fabs(m.mass + m.outflow - 1) < 1e-12 && m.min_density > -1e-10);
    SgdEvolutionDestroy(&e);
    VecDestroy(&y0);
    DestroyProblem(&p);
  }
}

static SgdMoments Stationary(const char *model, int cells) {
  const SgdEigenpairsOptions o = {.eigenpairs = 2, .tolerance = 1e-10};
  SgdStationaryState s = {0};
  Problem p;

  Build(model, cells, &p);
  assert_int_equal(SgdStationaryCompute(&p.models, p.models.model[0], &o, &s), 0);
  const SgdMoments m = s.moments;
  SgdStationaryFree(&s);
  DestroyProblem(&p);
  return m;
}

/* Gaussian noise: S = eta/2, kurtosis 3 + 3 eta; order 1 in the cell width above the second moment. */
static void test_kurtosis(void **state) {
  const SgdMoments coarse = Stationary("compound_poisson", 280), fine = Stationary("compound_poisson", 560);

  (void)state;
  Near("variance", fine.cov[0], ETA / 2, 1e-5);
  Near("kurtosis", 2 * fine.kurtosis[0] - coarse.kurtosis[0], 3 + 3 * ETA, 5e-3);
  Near("order", log2((coarse.kurtosis[0] - 3 - 3 * ETA) / (fine.kurtosis[0] - 3 - 3 * ETA)), 1, 0.1);
}

/* Centred unit gamma noise of shape 9, E xi^3 = 2/3: kappa_3 = -(2/3) eta^2/3. */
static void test_skewness(void **state) {
  static const char model[] = "{model: compound_poisson, law: gamma, shape: 9}";
  const SgdMoments coarse = Stationary(model, 280), fine = Stationary(model, 560);

  (void)state;
  Near("variance", fine.cov[0], ETA / 2, 1e-5);
  Near("skewness", 2 * fine.skewness[0] - coarse.skewness[0], -2 * ETA * ETA / 9 / pow(ETA / 2, 1.5), 1e-3);
}

/* Two axes, correlated noise: columns sum to zero, and the transpose is one. */
static void test_plane(void **state) {
  Bench b =
      BenchBuild("landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]}\n"
                 "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-4, -4], max: [4, 4], cells: [40, 36]}\n"
                 "models: [{model: compound_poisson, method: splat}]\n",
                 0.4, 1);

  (void)state;
  CheckColumnSums(b.grid, SgdModelOperator(b.model), 0, 1e-12);
  CheckAdjoint(b.grid, SgdModelOperator(b.model), 1e-11);
  BenchClose(&b);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_transient), cmocka_unit_test(test_kurtosis),
                                     cmocka_unit_test(test_skewness), cmocka_unit_test(test_plane)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
