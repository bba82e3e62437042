/* Generators in time: weak orders against SGD (THEORY.md (80)), stationary variances ((72)), positivity and
   mass with a rotated covariance of condition 1e4, and the integrators against one another. */
#include "problem_fixture.h"
#include "solver/evolution/evolve.h"
#include "solver/measures/moments.h"
#include <slepcsys.h>
#include <math.h>

/* Moments of the first model at `step`. */
static void Run(Problem *p, PetscInt step, SgdMoments *m) {
  SgdEvolution e;
  Vec y0;

  assert_int_equal(SgdInitialDensity(p->slice.grid, p->slice.prediction, &y0), 0);
  assert_int_equal(
      SgdEvolutionCreate(p->models.model[0], p->slice.grid, p->sections.settings.sgd->learning_rate, y0, &e), 0);
  assert_int_equal(SgdEvolutionAdvance(e, step), 0);
  assert_int_equal(SgdMomentsCompute(p->slice.grid, SgdEvolutionState(e), m), 0);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y0);
}

/* lambda = s2 = 1 */
static void Linear(double eta, const char *model, int cells, Problem *p) {
  char text[1024];

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\n"
           "sgd: {learning_rate: %.17g, steps: 10}\n"
           "slice: {axes: ['coordinate:1'], min: [-4.5], max: [4.5], cells: [%d]}\n"
           "initial: {mean: [1], std: [0.25]}\nmodels: [%s]\n",
           eta, cells, model);
  BuildProblem(text, p);
}

/* Error of E[w^2] at tau = 1 against SGD's a^{2n} (1 + v0) + eta^2 (1 - a^{2n})/(1 - a^2). */
static double WeakError(double eta, const char *model) {
  const double power = pow(1 - eta, 2 * round(1 / eta)),
               sgd = power * 1.0625 + eta * eta * (1 - power) / (eta * (2 - eta));
  Problem p;
  SgdMoments m;

  Linear(eta, model, 1800, &p);
  Run(&p, (PetscInt)round(1 / eta), &m);
  DestroyProblem(&p);
  return m.cov[0] + m.mean[0] * m.mean[0] - sgd;
}

static void CheckOrder(const char *model, double expected, double tolerance) {
  const double coarse = WeakError(0.05, model), fine = WeakError(0.025, model), order = log2(coarse / fine);

  print_message("          %s: errors %.3e, %.3e, order %.3f\n", model, coarse, fine, order);
  if (!(fabs(order - expected) < tolerance)) fail_msg("%s: order %g, expected %g", model, order, expected);
}

static void test_weak_orders(void **state) {
  (void)state;
  CheckOrder("langevin", 1, 0.15);
  CheckOrder("{model: log_matched, order: 2}", 2, 0.25);
  CheckOrder("{model: log_matched, order: 3}", 3, 0.3);
}

/* eta s2/(2 lambda) and eta s2/(lambda (2 + eta lambda)) at eta = 0.5, after a long time. */
static void test_stationary_variances(void **state) {
  static const char *const models[2] = {"langevin", "{model: log_matched, order: 2}"};
  const double expected[2] = {0.25, 0.2};
  Problem p;
  SgdMoments m;

  (void)state;
  for (int k = 0; k < 2; k++) {
    Linear(0.5, models[k], 300, &p);
    Run(&p, 60, &m);
    if (!(fabs(m.cov[0] - expected[k]) < 1e-9)) fail_msg("%.15g, expected %g", m.cov[0], expected[k]);
    DestroyProblem(&p);
  }
}

/* C with eigenvalues 1 and 1e-4, turned by 30 degrees: the mean is exact, and so is the covariance up to what the
   upwind part adds where the drift beats the weak direction's noise. */
static void test_rotated_anisotropic(void **state) {
  static const char text[] =
      "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.5, powers: [2, 0]}, "
      "{coefficient: 0.5, powers: [0, 2]}], noise_covariance: [0.750025, 0.43296939, 0.43296939, "
      "0.250075]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
      "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1.5, -1.5], max: [1.5, 1.5], "
      "cells: [96, 96]}\ninitial: {mean: [0.2, -0.1], std: [0.15, 0.15]}\nmodels: [langevin]\n";
  const double C[3] = {0.750025, 0.43296939, 0.250075}, v0[3] = {0.0225, 0, 0.0225};
  Problem p;
  SgdMoments m;

  (void)state;
  BuildProblem(text, &p);
  Run(&p, 10, &m);
  assert_true(m.negative_mass == 0 && m.min_density >= 0);
  assert_true(fabs(m.mass + m.outflow - 1) < 1e-13);
  print_message("          mean error %.2e %.2e, mass error %.2e, outflow %.2e\n", m.mean[0] - 0.2 * exp(-1),
                m.mean[1] + 0.1 * exp(-1), m.mass + m.outflow - 1, m.outflow);
  assert_true(fabs(m.mean[0] - 0.2 * exp(-1)) < 1e-7 && fabs(m.mean[1] + 0.1 * exp(-1)) < 1e-7);
  for (int k = 0; k < 3; k++) { /* dS/dtau = -2 S + eta C */
    const double S = exp(-2) * v0[k] + (1 - exp(-2)) * 0.05 * C[k];
    if (!(fabs(m.cov[k] - S) < 0.05 * 0.0355)) fail_msg("covariance %d: %.10g, expected %.10g", k, m.cov[k], S);
  }
  DestroyProblem(&p);
}

/* The default integrator's density after `steps`: mass, and the lowest cell over the highest. */
static void CheckPositive(int cells, double noise, PetscInt steps) {
  char text[1024];
  SgdMoments m;
  SgdEvolution e;
  Problem p;
  PetscReal least, most;
  Vec y0;

  snprintf(text, sizeof text,
           "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.5, powers: [2, 0]}, "
           "{coefficient: 0.5, powers: [0, 2]}], noise_covariance: [%.17g, %.17g, %.17g, %.17g]}\n"
           "sgd: {learning_rate: 0.1, steps: 10}\n"
           "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1.5, -1.5], max: [1.5, 1.5], cells: [%d, %d], "
           "boundary: [reflecting, reflecting]}\n"
           "initial: {mean: [0.2, -0.1], std: [0.15, 0.15]}\nmodels: [langevin]\n",
           0.750025 * noise, 0.43296939 * noise, 0.43296939 * noise, 0.250075 * noise, cells, cells);
  BuildProblem(text, &p);
  assert_int_equal(SgdInitialDensity(p.slice.grid, p.slice.prediction, &y0), 0);
  assert_int_equal(SgdEvolutionCreate(p.models.model[0], p.slice.grid, 0.1, y0, &e), 0);
  for (PetscInt step = 1; step <= steps; step++) {
    assert_int_equal(SgdEvolutionAdvance(e, step), 0);
    assert_int_equal(SgdMomentsCompute(p.slice.grid, SgdEvolutionState(e), &m), 0);
    VecMin(SgdEvolutionState(e), NULL, &least);
    VecMax(SgdEvolutionState(e), NULL, &most);
    if (!(least >= -1e-15 * most)) fail_msg("%d cells, noise %g: %g of %g", cells, noise, least, most);
    if (!(fabs(m.mass + m.outflow - 1) < 1e-12)) fail_msg("mass is off by %g", m.mass + m.outflow - 1);
  }
  print_message("          %d cells, noise %g: lowest/highest %.1e, mass error %.1e\n", cells, noise,
                (double)(least / most), m.mass + m.outflow - 1);
  SgdEvolutionDestroy(&e);
  VecDestroy(&y0);
  DestroyProblem(&p);
}

/* C of condition 1e4, turned by 30 degrees, from drift-dominated coarse grids (uniformisation) to diffusion-dominated
   fine ones, Lambda eta up to several thousand (Chebyshev). */
static void test_positive_at_every_step(void **state) {
  static const int cells[] = {32, 64, 128};
  static const double noise[] = {1, 1e3, 3e4};

  (void)state;
  for (int n = 0; n < 3; n++)
    for (int k = 0; k < 3; k++) CheckPositive(cells[k], noise[n], 3);
}

/* The stock integrator and uniformisation agree within the former's tolerance; the latter leaves nothing negative. */
static void test_integrators_agree(void **state) {
  Problem p;
  SgdMoments uniform, implicit;

  (void)state;
  Linear(0.1, "langevin", 300, &p);
  PetscOptionsSetValue(NULL, "-langevin_ts_type", "sgduniform");
  Run(&p, 20, &uniform);
  PetscOptionsSetValue(NULL, "-langevin_ts_type", "rosw");
  Run(&p, 20, &implicit);
  PetscOptionsClearValue(NULL, "-langevin_ts_type");
  assert_true(uniform.negative_mass == 0 && fabs(uniform.mass + uniform.outflow - 1) < 1e-13);
  assert_true(fabs(implicit.mass + implicit.outflow - 1) < 1e-12);
  assert_true(fabs(uniform.mean[0] - exp(-2)) < 1e-10);
  assert_true(fabs(implicit.mean[0] - uniform.mean[0]) < 1e-4);
  assert_true(fabs(implicit.cov[0] - uniform.cov[0]) < 1e-4);
  DestroyProblem(&p);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_weak_orders), cmocka_unit_test(test_stationary_variances),
                                     cmocka_unit_test(test_rotated_anisotropic),
                                     cmocka_unit_test(test_positive_at_every_step),
                                     cmocka_unit_test(test_integrators_agree)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
