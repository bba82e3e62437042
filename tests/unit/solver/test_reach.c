/* Automatic boxes where the closed moments know nothing: past the edge of stability, and beside a second well. */
#include "problem_fixture.h"
#include <slepcsys.h>
#include <math.h>

static void Slice(const char *terms, double eta, double start, Problem *p) {
  char text[1024];

  snprintf(text, sizeof text,
           "landscape: {family: polynomial, dimension: 1, terms: [%s], noise_covariance: [0.01]}\n"
           "sgd: {learning_rate: %g, steps: 300}\nslice: {axes: ['coordinate:1']}\n"
           "initial: {mean: [%g], std: [0.1]}\nmodels: [master]\n",
           terms, eta, start);
  BuildSlice(OpenText(PETSC_COMM_WORLD, text), p);
}

/* w' = -1.1 w + w^3 + noise: the closure's spread grows by 1.1 a step for ever, the density stays by the cycle of two
   at |w| = sqrt 0.1. */
static void test_edge_of_stability(void **state) {
  Problem p;

  (void)state;
  Slice("{coefficient: 1.05, powers: [2]}, {coefficient: -0.25, powers: [4]}", 1, 0, &p);
  assert_true(p.slice.prediction->cov[0][300] > 1e12);
  assert_true(p.slice.prediction->reach[0].followed && p.slice.prediction->reach[0].beyond);
  assert_true(p.slice.grid->max[0] > 0.6 && p.slice.grid->max[0] < 3);
  assert_true(p.slice.grid->min[0] < -0.6 && p.slice.grid->min[0] > -3);
  DestroyProblem(&p);
}

/* In the shallow one of two wells, left well below: much of the mass goes there, and the box holds it. */
static void test_second_well(void **state) {
  Problem p;

  (void)state;
  Slice("{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, powers: [2]}, {coefficient: 0.3, powers: [1]}", 0.3, 0.8,
        &p);
  assert_true(p.slice.grid->min[0] < -1.3);
  DestroyProblem(&p);
}

/* w' = -0.98 w + w^3 + noise, a spread of four noises of a step: the loss is quadratic within three deviations but not
   within eight, and no mass comes there. */
static void test_no_farther_than_the_mass(void **state) {
  const SgdReach *r;
  Problem p;

  (void)state;
  Slice("{coefficient: 0.99, powers: [2]}, {coefficient: -0.07, powers: [4]}", 1, 0, &p);
  r = &p.slice.prediction->reach[0];
  assert_true(r->followed && !r->beyond);
  assert_true(p.slice.grid->min[0] >= r->low - 0.4 * (r->high - r->low));
  assert_true(p.slice.grid->max[0] <= r->high + 0.4 * (r->high - r->low));
  assert_true(p.slice.grid->min[0] <= r->low && p.slice.grid->max[0] >= r->high);
  DestroyProblem(&p);
}

/* Where the loss is quadratic the box is the prediction's, whatever the size. */
static void test_quadratic(void **state) {
  Problem p;

  (void)state;
  Slice("{coefficient: 0.5, powers: [2]}", 1.9, 0, &p);
  assert_false(p.slice.prediction->reach[0].followed);
  DestroyProblem(&p);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_edge_of_stability), cmocka_unit_test(test_second_well),
                                     cmocka_unit_test(test_no_farther_than_the_mass), cmocka_unit_test(test_quadratic)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
