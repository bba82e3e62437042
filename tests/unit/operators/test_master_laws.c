/* The spread master equation against exact values of laws that are not Gaussian. */
#include "master_fixture.h"

static double gradient_slope, noise_variance; /* g = slope w, C */

static void LinearNoise(const double x[], double g[], double C[]) {
  g[0] = gradient_slope * x[0];
  C[0] = noise_variance;
}

/* sum over the cells of m_i (x_i - centre)^power / mass */
static double Moment(SgdGrid grid, Vec y, double centre, int power) {
  double sum[2] = {0, 0}, x;
  const PetscScalar *v;

  assert_int_equal(VecGetArrayRead(y, &v), 0);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    SgdGridCentre(grid, cell, &x);
    sum[0] += v[cell - grid->first_cell];
    sum[1] += v[cell - grid->first_cell] * pow(x - centre, power);
  }
  assert_int_equal(VecRestoreArrayRead(y, &v), 0);
  MPI_Allreduce(MPI_IN_PLACE, sum, 2, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  return sum[1] / sum[0];
}

/* Stationary cumulants kappa_n = (-eta)^n kappa_n(xi)/(1 - a^n), a = 1 - eta: any law, lambda = 1, eta = 0.5. */
static void Cumulants(const char *law, const SgdStepLawParameters *parameters, double skewness, double kurtosis) {
  const PetscInt n[1] = {3072};
  const double min[1] = {-14}, max[1] = {14}, mean[1] = {0}, sd[1] = {0.5}, eta = 0.5;
  const SgdBoundary boundary[1] = {SGD_ABSORBING};
  Fixture f;

  gradient_slope = noise_variance = 1;
  OpenFixture(&f, 1, n, min, max, boundary, eta, LinearNoise);
  Mat A = SpreadMap(&f, law, parameters, 1e-9);
  Vec y = GaussianState(f.grid, mean, sd);
  Advance(A, y, 40);
  const double m = Moment(f.grid, y, 0, 1), variance = Moment(f.grid, y, m, 2);
  const double third = Moment(f.grid, y, m, 3) / pow(variance, 1.5),
               fourth = Moment(f.grid, y, m, 4) / (variance * variance) - 3;
  CheckBelow(law, fabs(variance - 1.0 / 3), 1e-7);
  CheckBelow("  stationary skewness", fabs(third - skewness), 1e-6);
  CheckBelow("  stationary excess kurtosis", fabs(fourth - kurtosis), 1e-6);
  CheckBelow("  mass and ledger - 1", fabs(SumOf(y) - 1), 1e-12);
  VecDestroy(&y);
  MatDestroy(&A);
  CloseFixture(&f);
}

static void test_cumulants(void **state) {
  const SgdStepLawParameters gamma = {.shape = 4}, rare = {.rate = 8};
  const double s = 1.484614977916, k = 3.6; /* of exponential noise, skewness 2 and excess kurtosis 6 */

  (void)state;
  Cumulants("exponential", NULL, -s, k);
  Cumulants("gamma", &gamma, -s / 2, k / 4);
  Cumulants("laplace", NULL, 0, k / 2);
  Cumulants("uniform", NULL, 0, -k / 5);
  Cumulants("compound_poisson", &rare, -s * 0.75 / 2, k * 0.75 / 6);
}

/* w' = a w + c S_alpha: scale_n^alpha = c^alpha (1 - a^{alpha n})/(1 - a^alpha), read off ln |phi| at two wave numbers.
   What has left a box of half-width L is missing from the scale by about L^-alpha. */
static void test_alpha_stable(void **state) {
  const SgdStepLawParameters stable = {.alpha = 1.5};
  const PetscInt n[1] = {64000};
  const double min[1] = {-3200}, max[1] = {3200}, mean[1] = {0}, sd[1] = {0.4}, eta = 0.1, alpha = 1.5;
  const double c = pow(eta, 1 / alpha), a = 0.9, q[2] = {0.5, 1.0};
  const SgdBoundary boundary[1] = {SGD_ABSORBING};
  const int steps = 60;
  double log_phi[2], x;
  const PetscScalar *v;
  Fixture f;

  (void)state;
  gradient_slope = 1;
  noise_variance = PetscSqr(c / eta);
  OpenFixture(&f, 1, n, min, max, boundary, eta, LinearNoise);
  Mat A = SpreadMap(&f, "alpha_stable", &stable, 1e-9);
  Vec y = GaussianState(f.grid, mean, sd);
  Advance(A, y, steps);
  VecGetArrayRead(y, &v);
  for (int i = 0; i < 2; i++) {
    double sum = 0;
    for (PetscInt cell = f.grid->first_cell; cell < f.grid->last_cell; cell++) {
      SgdGridCentre(f.grid, cell, &x);
      sum += v[cell - f.grid->first_cell] * cos(q[i] * x);
    }
    MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
    log_phi[i] = log(sum) + 0.5 * PetscSqr(q[i] * sd[0] * pow(a, steps)); /* without the start's share */
  }
  VecRestoreArrayRead(y, &v);
  const double transient = pow((log_phi[0] - log_phi[1]) / (pow(q[1], alpha) - pow(q[0], alpha)), 1 / alpha),
               stationary = transient / pow(1 - pow(a, alpha * steps), 1 / alpha);
  CheckBelow("alpha-stable, alpha = 1.5: stationary scale", fabs(stationary - 0.776362820349), 1e-6);
  CheckBelow("  mass and ledger - 1", fabs(SumOf(y) - 1), 1e-12);
  VecDestroy(&y);
  MatDestroy(&A);
  CloseFixture(&f);
}

/* w' = w/2 +- 1/2: the invariant density is 1/2 on [-1, 1]. It jumps at the ends, so on a grid of width h it rings
   there; inside, averaged over a tenth, and in its moments, it is exact to about h^2. */
static void test_two_samples(void **state) {
  const PetscInt n[1] = {3000};
  const double min[1] = {-2}, max[1] = {2}, mean[1] = {0.1}, sd[1] = {0.2}, eta = 0.5;
  const SgdBoundary boundary[1] = {SGD_ABSORBING};
  double part = 0, x;
  const PetscScalar *v;
  Fixture f;

  (void)state;
  gradient_slope = noise_variance = 1;
  OpenFixture(&f, 1, n, min, max, boundary, eta, LinearNoise);
  Mat A = SpreadMap(&f, "rademacher", NULL, 1e-9);
  Vec y = GaussianState(f.grid, mean, sd);
  Advance(A, y, 6);
  const double decay = pow(0.25, 6);
  CheckBelow("two samples: variance after 6 steps",
             fabs(Moment(f.grid, y, Moment(f.grid, y, 0, 1), 2) - (decay * 0.04 + (1 - decay) / 3)), 1e-9);
  Advance(A, y, 24);
  CheckBelow("two samples: stationary variance eta/(2 - eta)", fabs(Moment(f.grid, y, 0, 2) - 1.0 / 3), 1e-5);
  VecGetArrayRead(y, &v);
  for (PetscInt cell = f.grid->first_cell; cell < f.grid->last_cell; cell++) {
    SgdGridCentre(f.grid, cell, &x);
    if (x > 0.4 && x < 0.5) part += v[cell - f.grid->first_cell];
  }
  VecRestoreArrayRead(y, &v);
  MPI_Allreduce(MPI_IN_PLACE, &part, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  CheckBelow("  mass of 0.4 .. 0.5 against 1/20", fabs(part - 0.05), 1e-3);
  CheckBelow("  mass and ledger - 1", fabs(SumOf(y) - 1), 1e-12);
  VecDestroy(&y);
  MatDestroy(&A);
  CloseFixture(&f);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_cumulants),
      cmocka_unit_test(test_alpha_stable),
      cmocka_unit_test(test_two_samples),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  SlepcFinalize();
  return failed;
}
