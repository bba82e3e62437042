/* The ensemble against exact recursions, on any number of ranks; optimizers against steps by hand. */
#include "landscape_fixture.h"
#include "solver/ensemble/ensemble_statistics.h"
#include "solver/ensemble/ensemble_walk.h"

#define QUADRATIC                                                                                                      \
  "landscape: {family: quadratic, eigenvalues: [1.5, 0.4, 0, -0.2], minimum: [0, 0, 0, 0], gradient_noise: [1, 2, "    \
  "0.5, "                                                                                                              \
  "0.3]}\n"
#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [3], l2: 0, data: {source: synthetic, samples: 60, features: 4, classes: 3}}\n"
#define FEW "trajectories: {count: 7, every: 4}\n"

enum { STEPS = 30 };

/* V [modes][P]; shared: only this rank's stretches are given on. */
static SgdEnsemble RunAs(PetscBool shared, MPI_Comm comm, const char *text, const double *w, int modes, const double *V,
                         SgdDrawLaw law) {
  const SgdTrajectoriesStep step = {0.3, 4, law, STEPS};
  SgdTrajectoriesOptions *o;
  SgdEnsemble e;
  SgdLandscape l;
  SgdCase c = OpenText(comm, text);

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(SgdTrajectoriesRead(c, &o), 0);
  const PetscInt P = SgdLandscapeDimension(l);
  double mine[64];
  SgdShares shares;
  assert_int_equal(SgdSharesCreate(comm, P, &shares), 0);
  for (int m = 0; shared && m < modes; m++)
    memcpy(mine + m * shares->local, V + m * P + shares->first, (size_t)shares->local * sizeof *mine);
  assert_int_equal(SgdTrajectoriesRun(l, w, o, &step, shared ? shares : NULL, modes, shared ? mine : V, &e), 0);
  assert_int_equal(SgdSharesDestroy(&shares), 0);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
  return e;
}

static SgdEnsemble Run(MPI_Comm comm, const char *text, const double *w, int modes, const double *V, SgdDrawLaw law) {
  return RunAs(PETSC_FALSE, comm, text, w, modes, V, law);
}

/* mean' = (1 - eta lambda) mean,  Pi' = (1 - eta lambda)^2 Pi + eta^2 D/B */
static void test_against_the_recursion(void **state) {
  const double lambda[] = {1.5, 0.4, 0, -0.2}, D[] = {1, 2, 0.5, 0.3}, w[] = {1, -2, 3, 0.5};
  double V[16] = {0};
  SgdEnsemble e;

  (void)state;
  for (int i = 0; i < 4; i++) V[5 * i] = 1;
  e = Run(PETSC_COMM_WORLD, QUADRATIC "trajectories: {count: 4000, every: 10}\n", w, 4, V, SGD_DRAW_WITH_REPLACEMENT);
  assert_int_equal(e->records, 4); /* 10, 15 (the half), 20, 30 */
  for (int record = 0; record < e->records; record++)
    for (int i = 0; i < 4; i++) {
      const SgdEnsembleMoments m = SgdEnsembleMoment(e, record, i);
      double mean = w[i], Pi = 0;
      for (int n = 0; n < e->step[record]; n++) {
        mean *= 1 - 0.3 * lambda[i];
        Pi = PetscSqr(1 - 0.3 * lambda[i]) * Pi + 0.09 * D[i] / 4;
      }
      assert_true(PetscAbsReal(m.variance - Pi) < 4 * m.error_jackknife);
      assert_true(PetscAbsReal(m.mean - (mean - w[i])) < 4 * sqrt(Pi / 4000));
      assert_true(PetscAbsReal(m.error_jackknife / m.error_normal - 1) < 0.15); /* the modes are normal */
    }
  assert_int_equal(SgdEnsembleDestroy(&e), 0);
}

/* The flat direction doubles its variance from half of the steps to all of them, a confined one does not grow. */
static void test_growth(void **state) {
  const double w[4] = {0};
  double V[16] = {0}, growth, error;
  SgdEnsemble e;

  (void)state;
  for (int i = 0; i < 4; i++) V[5 * i] = 1;
  e = Run(PETSC_COMM_WORLD, QUADRATIC "trajectories: {count: 4000, every: 10}\n", w, 4, V, SGD_DRAW_WITH_REPLACEMENT);
  SgdEnsembleGrowth(e, 1, 3, 2, &growth, &error);
  assert_true(PetscAbsReal(growth - 1) < 4 * error && error < 0.06);
  SgdEnsembleGrowth(e, 1, 3, 0, &growth, &error);
  assert_true(PetscAbsReal(growth) < 4 * error && error < 0.1);
  assert_int_equal(SgdEnsembleDestroy(&e), 0);
}

static void test_same_on_any_number_of_ranks(void **state) {
  enum { P = 3 * 5 + 3 * 4 };
  double w[P], V[2 * P];

  (void)state;
  for (int i = 0; i < P; i++) w[i] = 0.3 * sin(3.0 * i + 1);
  for (int i = 0; i < 2 * P; i++) V[i] = cos(1.7 * i);
  for (int law = 0; SgdDrawLawNames[law]; law++) {
    SgdEnsemble all = Run(PETSC_COMM_WORLD, NETWORK FEW, w, 2, V, (SgdDrawLaw)law);
    SgdEnsemble alone = Run(PETSC_COMM_SELF, NETWORK FEW, w, 2, V, (SgdDrawLaw)law);
    assert_int_equal(all->diverged, 0);
    assert_memory_equal(all->a, alone->a, (size_t)(7 * all->records * 2) * sizeof(double));
    assert_true(all->a[0] != 0 && all->a[0] != all->a[(size_t)all->records * 2]);
    SgdEnsemble shared = RunAs(PETSC_TRUE, PETSC_COMM_WORLD, NETWORK FEW, w, 2, V, (SgdDrawLaw)law);
    for (int i = 0; i < 7 * all->records * 2; i++) assert_true(fabs(shared->a[i] - all->a[i]) < 1e-12);
    assert_int_equal(SgdEnsembleDestroy(&shared), 0);
    assert_int_equal(SgdEnsembleDestroy(&all) + SgdEnsembleDestroy(&alone), 0);
  }
}

/* Trajectories that run away are counted and left out. */
static void test_runaway(void **state) {
  const double w[] = {1e300}, V[] = {1};
  SgdEnsemble e = Run(PETSC_COMM_WORLD,
                      "landscape: {family: quadratic, eigenvalues: [-40], minimum: [0], gradient_noise: [1]}\n" FEW, w,
                      1, V, SGD_DRAW_WITH_REPLACEMENT);
  (void)state;
  assert_int_equal(e->diverged, 7);
  assert_int_equal(SgdEnsembleDestroy(&e), 0);
}

static void test_wrong_sections(void **state) {
  const struct {
    const char *text, *words;
  } bad[] = {{"trajectories: {optimizer: adm}\n", "adam"},
             {"trajectories: {count: 2}\n", "trajectories.count"},
             {"trajectories: {modes: 0}\n", "trajectories.modes"},
             {"trajectories: {momentum: 1}\n", "trajectories.momentum"}};
  SgdTrajectoriesOptions *o;

  (void)state;
  for (int k = 0; k < 4; k++) {
    SgdCase c = OpenText(PETSC_COMM_WORLD, bad[k].text);
    CatchStderr();
    const PetscErrorCode ierr = SgdTrajectoriesRead(c, &o);
    ReleaseStderr(bad[k].words);
    assert_int_equal(SgdExitCode(ierr), SGD_EXIT_CASE);
    assert_int_equal(SgdCaseClose(&c), 0);
  }
}

static void test_optimizers(void **state) {
  const SgdOptimizerRates r = {0.1, 0.9, 0.99, 1e-8};
  /* after two steps from w = 1 with gradients 2, -1 */
  const double v1 = 0.01 * 4, v2 = 0.99 * v1 + 0.01, m1 = 0.1 * 2, m2 = 0.9 * m1 - 0.1;
  const struct {
    const char *name;
    double w;
  } expected[] = {{"sgd", 1 - 0.2 + 0.1},
                  {"heavy_ball", 1 - 0.2 - 0.1 * (0.9 * 2 - 1)},
                  {"sign_sgd", 1 - 0.1 + 0.1},
                  {"rmsprop", 1 - 0.2 / (sqrt(v1) + 1e-8) + 0.1 / (sqrt(v2) + 1e-8)},
                  {"adam", 1 - 0.1 * (m1 / 0.1) / (sqrt(v1 / 0.01) + 1e-8) -
                               0.1 * (m2 / 0.19) / (sqrt(v2 / (1 - 0.99 * 0.99)) + 1e-8)}};
  (void)state;
  for (int k = 0; k < 5; k++) {
    const SgdOptimizer *o = SgdOptimizerFind(expected[k].name);
    const double g[] = {2, -1};
    double w = 1, m = 0, v = 0;
    assert_non_null(o);
    for (PetscInt n = 0; n < 2; n++) o->step(&r, n, 1, &g[n], &w, &m, &v);
    assert_true(PetscAbsReal(w - expected[k].w) < 1e-13);
  }
  assert_null(SgdOptimizerFind("adamant"));
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_against_the_recursion),
                                     cmocka_unit_test(test_growth),
                                     cmocka_unit_test(test_same_on_any_number_of_ranks),
                                     cmocka_unit_test(test_runaway),
                                     cmocka_unit_test(test_wrong_sections),
                                     cmocka_unit_test(test_optimizers)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
