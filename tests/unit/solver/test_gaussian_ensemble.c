/* The Gaussian closure over the current spread: its rotation, a linear and a bent landscape, ranks. */
#include "landscape_fixture.h"
#include "solver/ensemble/gaussian_ensemble.h"

/* Mean and covariance of the members stay, and a law of two points becomes Gaussian. */
static void test_mixing(void **state) {
  enum { R = 512, P = 3 };
  double x[R * P], before[P * P] = {0}, after[P * P] = {0}, mean[P] = {0}, fourth = 0, second = 0;

  (void)state;
  for (int j = 0; j < R; j++) {
    x[j * P] = j % 2 ? 1 : -1;
    x[j * P + 1] = j < R / 2 ? 2 : -2;
    x[j * P + 2] = x[j * P] + (j % 4 < 2 ? 0.5 : -0.5);
  }
  for (int j = 0; j < R; j++)
    for (int a = 0; a < P * P; a++) before[a] += x[j * P + a / P] * x[j * P + a % P];
  assert_int_equal(SgdGaussianMix(R, P, 1, 2, 3, x), 0);
  for (int j = 0; j < R; j++) {
    for (int a = 0; a < P; a++) mean[a] += x[j * P + a];
    for (int a = 0; a < P * P; a++) after[a] += x[j * P + a / P] * x[j * P + a % P];
    second += PetscSqr(x[j * P]) / R;
    fourth += PetscSqr(PetscSqr(x[j * P])) / R;
  }
  for (int a = 0; a < P; a++) assert_true(PetscAbsReal(mean[a]) < 1e-11);
  for (int a = 0; a < P * P; a++) assert_true(PetscAbsReal(after[a] - before[a]) < 1e-10);
  assert_true(PetscAbsReal(fourth / (second * second) - 3) < 1); /* it was 1; 3 +- 0.22 for Gaussian members */
}

static SgdGaussianEnsemble Run(MPI_Comm comm, const char *text, const double *w, const SgdTrajectoriesStep *step,
                               int members, int modes, const double *V) {
  SgdCase c = OpenText(comm, text);
  SgdGaussianEnsemble e;
  SgdLandscape l;

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(SgdGaussianEnsembleRun(l, w, step, members, 1, modes, V, &e), 0);
  assert_int_equal(SgdLandscapeDestroy(&l) + SgdCaseClose(&c), 0);
  return e;
}

/* Pi' = (1 - eta lambda)^2 Pi + eta^2 D/B, and how it grows. */
static void test_linear(void **state) {
  const double lambda[] = {1.5, 0}, D[] = {1, 0.5}, w[] = {1, 3}, V[] = {1, 0, 0, 1};
  const SgdTrajectoriesStep step = {0.3, 4, SGD_DRAW_WITH_REPLACEMENT, 30};
  SgdGaussianEnsemble e = Run(PETSC_COMM_WORLD,
                              "landscape: {family: quadratic, eigenvalues: [1.5, 0], minimum: [0, 0], gradient_noise: "
                              "[1, 0.5]}\n",
                              w, &step, 4096, 2, V);

  (void)state;
  assert_int_equal(e.groups, SGD_GAUSSIAN_GROUPS);
  for (int a = 0; a < 2; a++) {
    double Pi = 0;
    for (int n = 0; n < step.steps; n++) Pi = PetscSqr(1 - 0.3 * lambda[a]) * Pi + 0.09 * D[a] / 4;
    assert_true(PetscAbsReal(e.variance[a] - Pi) < 4.5 * e.error[a] && e.error[a] < 0.06 * Pi);
    assert_true(PetscAbsReal(e.growth[a] - a) < 4.5 * e.growth_error[a] && e.growth_error[a] < 0.1);
  }
  assert_int_equal(SgdGaussianEnsembleFree(&e), 0);
}

/* Moments of w - eta g(w), g = w^3 - w, over w = m + sqrt(Pi) z. */
static void ByQuadrature(double eta, double *m, double *Pi) {
  double sum[3] = {0};

  for (int i = -400; i <= 400; i++) {
    const double z = 0.02 * i, p = 0.02 * exp(-0.5 * z * z) / sqrt(2 * PETSC_PI), w = *m + sqrt(*Pi) * z;
    const double x = w - eta * (w * w * w - w);
    sum[0] += p, sum[1] += p * x, sum[2] += p * x * x;
  }
  *m = sum[1] / sum[0];
  *Pi = sum[2] / sum[0] - *m * *m;
}

/* From the top of a double well: the Gaussian law's recursion by quadrature, where the linear one explodes and SGD's own
   law has two peaks (a variance of 0.90 to the closure's 0.38). */
static void test_bent(void **state) {
  const double w[] = {0}, V[] = {1}, eta = 0.2;
  const SgdTrajectoriesStep step = {0.2, 1, SGD_DRAW_WITH_REPLACEMENT, 25};
  double m = 0, Pi = 0;
  SgdGaussianEnsemble e = Run(PETSC_COMM_WORLD,
                              "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: "
                              "[4]}, {coefficient: -0.5, powers: [2]}], noise_covariance: [0.2]}\n",
                              w, &step, 8192, 1, V);

  (void)state;
  for (int n = 0; n < step.steps; n++) {
    ByQuadrature(eta, &m, &Pi);
    Pi += eta * eta * 0.2;
  }
  if (!rank) printf("closure %g +- %g, quadrature %g\n", e.variance[0], e.error[0], Pi);
  assert_true(PetscAbsReal(e.variance[0] - Pi) < 4.5 * e.error[0] && e.error[0] < 0.05 * Pi);
  assert_int_equal(SgdGaussianEnsembleFree(&e), 0);
}

static void test_same_on_any_number_of_ranks(void **state) {
  enum { P = 3 * 5 + 3 * 4 };
  const SgdTrajectoriesStep step = {0.3, 4, SGD_DRAW_WITH_REPLACEMENT, 6};
  const char *text =
      "landscape: {family: mlp, hidden: [3], l2: 0, data: {source: synthetic, samples: 60, features: 4, classes: 3}}\n";
  double w[P], V[2 * P];

  (void)state;
  for (int i = 0; i < P; i++) w[i] = 0.3 * sin(3.0 * i + 1);
  for (int i = 0; i < 2 * P; i++) V[i] = cos(1.7 * i);
  SgdGaussianEnsemble all = Run(PETSC_COMM_WORLD, text, w, &step, 128, 2, V);
  SgdGaussianEnsemble alone = Run(PETSC_COMM_SELF, text, w, &step, 128, 2, V);
  assert_memory_equal(all.variance, alone.variance, 2 * sizeof(double));
  assert_memory_equal(all.error, alone.error, 2 * sizeof(double));
  assert_int_equal(SgdGaussianEnsembleFree(&all) + SgdGaussianEnsembleFree(&alone), 0);
}

/* Groups that run away are counted and left out. */
static void test_runaway(void **state) {
  const double w[] = {1e300}, V[] = {1};
  const SgdTrajectoriesStep step = {0.3, 4, SGD_DRAW_WITH_REPLACEMENT, 30};
  SgdGaussianEnsemble e =
      Run(PETSC_COMM_WORLD, "landscape: {family: quadratic, eigenvalues: [-40], minimum: [0], gradient_noise: [1]}\n",
          w, &step, 64, 1, V);

  (void)state;
  assert_int_equal(e.groups, 0);
  assert_true(PetscIsNanReal(e.variance[0]));
  assert_int_equal(SgdGaussianEnsembleFree(&e), 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_mixing), cmocka_unit_test(test_linear),
                                     cmocka_unit_test(test_bent), cmocka_unit_test(test_same_on_any_number_of_ranks),
                                     cmocka_unit_test(test_runaway)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
