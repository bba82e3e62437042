/* Long times against exact values: the double well (Gaussian chain and generator), the two-sample double well, a flat
   direction, and an oscillating leading pair. */
#include "problem_fixture.h"
#include "solver/stationary/stationaryimpl.h"
#include <slepcsys.h>
#include <math.h>

#define WELL                                                                                                           \
  "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, "                           \
  "{coefficient: -0.5, powers: [2]}], noise_covariance: [%s]}\n"                                                       \
  "sgd: {learning_rate: %s, steps: 10}\n"                                                                              \
  "slice: {axes: ['coordinate:1'], min: [-3.2], max: [3.2], cells: [%s]}\n"                                            \
  "initial: {mean: [1], std: [0.1]}\nmodels: [%s]\n"

static const SgdEigenpairsOptions options = {.eigenpairs = 4, .tolerance = 1e-12};

/* The first model's state. */
static void Solve(const char *noise, const char *eta, const char *cells, const char *model, Problem *p,
                  SgdStationaryState *s) {
  char text[1024];

  snprintf(text, sizeof text, WELL, noise, eta, cells, model);
  BuildProblem(text, p);
  *s = (SgdStationaryState){0};
  assert_int_equal(SgdStationaryCompute(&p->models, p->models.model[0], &options, s), 0);
}

static void Near(double value, double expected, double relative) {
  if (!(fabs(value - expected) <= relative * fabs(expected))) fail_msg("%.15g, expected %.15g", value, expected);
}

static void Free(Problem *p, SgdStationaryState *s) {
  SgdStationaryFree(s);
  DestroyProblem(p);
}

/* SGD on the double well with Gaussian noise of variance 2 D/eta, D = 0.1, eta = 0.1. */
static void test_chain(void **state) {
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve("2", "0.1", "256", "master", &p, &s);
  Near(s.rate, 3.48295498e-2, 1e-8);
  Near(s.moments.cov[0], 0.859294593, 1e-9);
  Near(s.work, 0.109226042, 1e-8);
  assert_true(fabs(s.work - s.heat) < 1e-10);
  assert_true(fabs(s.leak) < 1e-12 && s.degenerate == 1);
  Near(s.mass[0], 0.5, 1e-6);
  Free(&p, &s);
}

/* eta = 0.4, D = 0.2: mass leaks, and the certificate fails. */
static void test_leak(void **state) {
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve("1", "0.4", "256", "master", &p, &s);
  Near(1 - s.leak, 0.999936123450, 1e-11);
  assert_true(fabs(s.work - s.heat) > 1e-6);
  Free(&p, &s);
}

/* The generator's eigenvalue on two grids, extrapolated with the second order of the fluxes: D = 0.1. */
static void test_generator(void **state) {
  Problem p;
  SgdStationaryState s;
  double coarse, fine;

  (void)state;
  Solve("2", "0.1", "1024", "langevin", &p, &s);
  coarse = s.rate;
  assert_true(fabs(s.work - s.heat_langevin) < 1e-10);
  Near(s.moments.cov[0], 0.871362908, 5e-6);
  Free(&p, &s);
  Solve("2", "0.1", "2048", "langevin", &p, &s);
  fine = s.rate;
  Free(&p, &s);
  Near(fine, 3.35452873e-2, 3e-5);
  Near((4 * fine - coarse) / 3, 3.35452873e-2, 1e-7);
}

/* Two samples, s = 0.45: the rate is a hundred-thousandth of the diffusion approximation's; s = 0.3: two wells apart.
 */
static void test_two_samples(void **state) {
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve("0.2025", "0.3", "1024", "random_map", &p, &s);
  Near(s.rate, 1.01723e-7, 1e-4);
  Near(-expm1(SgdEigenpairsLogMu(s.e, SGD_MAP, 0.3, 1)), 3.05e-8, 1e-3);
  assert_int_equal(s.degenerate, 1);
  Free(&p, &s);
  Solve("0.09", "0.3", "512", "random_map", &p, &s);
  assert_int_equal(s.degenerate, 2);
  assert_true(fabs(s.e->re[0] - 1) < 1e-12 && fabs(s.e->re[1] - 1) < 1e-12);
  Near(s.mass[1], 0.5, 1e-6);
  Free(&p, &s);
}

/* A linear gradient: eigenvalues a^k (THEORY.md (73)), complex or negative ones too: a = 1 - 1.5 = -0.5. */
static void test_negative_multiplier(void **state) {
  static const char text[] = "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
                             "sgd: {learning_rate: 1.5, steps: 10}\n"
                             "slice: {axes: ['coordinate:1'], min: [-14], max: [14], cells: [200]}\n"
                             "initial: {mean: [0], std: [1]}\nmodels: [master]\n";
  Problem p;
  SgdStationaryState s = {0};

  (void)state;
  BuildProblem(text, &p);
  assert_int_equal(SgdStationaryCompute(&p.models, p.models.model[0], &options, &s), 0);
  for (int k = 0; k < 4; k++) Near(s.e->re[k], pow(-0.5, k), 1e-9);
  Near(s.moments.cov[0], 3, 1e-9);
  Near(s.moments.kurtosis[0], 3, 1e-8);
  Free(&p, &s);
}

/* A flat axis is recognised, and its diffusion constant eta D/2 given. */
static void test_flat(void **state) {
  static const char text[] = "landscape: {family: quadratic, eigenvalues: [1, 0], gradient_noise: [1, 0.25]}\n"
                             "sgd: {learning_rate: 0.4, steps: 10}\n"
                             "slice: {axes: [sharpest, flattest], min: [-4, -4], max: [4, 4], cells: [40, 60]}\n"
                             "initial: {std: [0.5, 0.3]}\nmodels: [langevin]\n";
  Problem p;
  SgdFlatAxes flat;
  PetscBool any;

  (void)state;
  BuildProblem(text, &p);
  assert_int_equal(SgdFlatAxesFind(&p.models, &flat, &any), 0);
  assert_true(any && flat.flat[1] && !flat.flat[0]);
  Near(flat.diffusion[1], 0.05, 1e-12);
  DestroyProblem(&p);
}

/* Heavy ball: <w . grad f> = <w^2> = 9/17 = (1 + beta)/(2 eta) <v^2> for lambda = s2 = 1, eta = 0.2, beta = 0.8. */
static void test_heavy_ball(void **state) {
  static const char text[] = "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
                             "sgd: {learning_rate: 0.2, momentum: 0.8, steps: 10}\n"
                             "slice: {axes: [sharpest], min: [-6, -2.9], max: [6, 2.9], cells: [100, 50]}\n"
                             "models: [master]\n";
  const SgdEigenpairsOptions two = {.eigenpairs = 2, .tolerance = 1e-12};
  Problem p;
  SgdStationaryState s = {0};

  (void)state;
  BuildProblem(text, &p);
  assert_int_equal(SgdStationaryCompute(&p.models, p.models.model[0], &two, &s), 0);
  Near(s.work, 9.0 / 17, 1e-6);
  Near(s.heat, 9.0 / 17, 1e-6);
  assert_true(isnan(s.heat_langevin));
  Free(&p, &s);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_chain),
                                     cmocka_unit_test(test_leak),
                                     cmocka_unit_test(test_generator),
                                     cmocka_unit_test(test_two_samples),
                                     cmocka_unit_test(test_negative_multiplier),
                                     cmocka_unit_test(test_flat),
                                     cmocka_unit_test(test_heavy_ball)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
