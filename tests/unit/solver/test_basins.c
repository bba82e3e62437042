/* Metastable sets: four wells whose rates follow from the double well's (THEORY.md (77)), two, and none. */
#include "landscape_fixture.h"
#include "solver/long_time/basins.h"
#include "solver/problem/problem.h"
#include "solver/stationary/stationaryimpl.h"
#include <slepcsys.h>
#include <math.h>

static const SgdEigenpairsOptions options = {.eigenpairs = 8, .tolerance = 1e-12};

static void Solve(const char *text, SgdProblem *p, SgdStationaryState *s) {
  *p = (SgdProblem){0};
  *s = (SgdStationaryState){0};
  assert_int_equal(SgdProblemRead(OpenText(PETSC_COMM_WORLD, text), p), 0);
  assert_int_equal(SgdProblemSpectrum(p, PETSC_FALSE), 0);
  assert_int_equal(SgdProblemSlice(p), 0);
  assert_int_equal(SgdProblemModels(p), 0);
  assert_int_equal(SgdStationaryCompute(p, p->model[0], &options, s), 0);
}

static void Free(SgdProblem *p, SgdStationaryState *s) {
  SgdCase c = p->kase;

  SgdStationaryFree(s);
  SgdProblemDestroy(p);
  SgdCaseClose(&c);
}

static void Near(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%.15g, expected %.15g", value, expected);
}

/* D = 0.1, eta = 0.1 along either axis: a hop along one at half the double well's rate, none along the diagonal. The
   memberships' corners lie at cells and differ from well to well: 1e-3. */
static void test_four_wells(void **state) {
  const double hop = 3.48295498e-2 / 2, sign[4][2] = {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
  SgdProblem p;
  SgdStationaryState s;

  (void)state;
  Solve(
      "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, "
      "powers: [2, 0]}, {coefficient: 0.25, powers: [0, 4]}, {coefficient: -0.5, powers: [0, 2]}], "
      "noise_covariance: [2, 0, 0, 2]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
      "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-2.4, -2.4], max: [2.4, 2.4], cells: [80, 80]}\n"
      "models: [master]\n",
      &p, &s);
  assert_int_equal(s.basins.count, 4);
  double trace = 0;
  for (int i = 0; i < 4; i++) trace += s.basins.rate[i][i];
  Near(trace, -8 * hop, 1e-9); /* the eigenvalues 0, -2 hop twice, -4 hop: whatever the corners */
  for (int i = 0; i < 4; i++) {
    Near(s.basins.mass[i], 0.25, 1e-3);
    Near(-s.basins.rate[i][i], 2 * hop, 1e-3 * hop);
    for (int a = 0; a < 2; a++) assert_true(s.basins.centre[i][a] * sign[i][a] > 0.7);
    for (int j = 0; j < 4; j++) {
      const int moves = (sign[i][0] != sign[j][0]) + (sign[i][1] != sign[j][1]);
      if (moves) Near(s.basins.rate[i][j], moves == 1 ? hop : 0, 1e-3 * hop);
    }
  }
  Free(&p, &s);
}

/* A tilted double well: balance of masses and rates, and their sum is the relaxation rate. An assembled generator and
   one that is not. */
static void TwoWells(const char *model) {
  char text[512];
  SgdProblem p;
  SgdStationaryState s;

  snprintf(
      text, sizeof text,
      "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
      "powers: [2]}, {coefficient: 0.05, powers: [1]}], noise_covariance: [1]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
      "slice: {axes: ['coordinate:1'], min: [-2.4], max: [2.4], cells: [200]}\nmodels: [%s]\n",
      model);
  Solve(text, &p, &s);
  assert_int_equal(s.basins.count, 2);
  assert_true(s.basins.mass[0] > 2 * s.basins.mass[1]);
  Near(s.basins.mass[0] + s.basins.mass[1], 1, 1e-10);
  Near(s.basins.mass[0] * s.basins.rate[0][1], s.basins.mass[1] * s.basins.rate[1][0], 1e-11);
  Near(s.basins.rate[0][1] + s.basins.rate[1][0], s.rate, 1e-11);
  Free(&p, &s);
}

static void test_two_wells(void **state) {
  (void)state;
  TwoWells("langevin");
  TwoWells("jump");
}

/* One well: its rates 0, 1, 2, .. have no gap. */
static void test_one_well(void **state) {
  SgdProblem p;
  SgdStationaryState s;

  (void)state;
  Solve("landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
        "slice: {axes: ['coordinate:1'], min: [-2], max: [2], cells: [160]}\nmodels: [master]\n",
        &p, &s);
  assert_int_equal(s.basins.count, 0);
  Free(&p, &s);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_four_wells), cmocka_unit_test(test_two_wells),
                                     cmocka_unit_test(test_one_well)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
