/* The master equation by spreading and FFT: against its dense twin, closed forms, the splat, its own transpose. */
#include "master_fixture.h"

static const SgdBoundary absorbing[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};

/* Double well, noise of unit variance: folds where eta is large. */
static void DoubleWell(const double x[], double g[], double C[]) {
  g[0] = x[0] * x[0] * x[0] - x[0];
  C[0] = 1;
}

static void AgainstDense(const char *law, const SgdStepLawParameters *parameters, SgdBoundary boundary,
                         double tolerance, double limit) {
  const PetscInt n[1] = {301};
  const double min[1] = {-2.2}, max[1] = {2.6}, mean[1] = {0.9}, sd[1] = {0.4}, eta = 0.05;
  char what[96];
  Fixture f;

  OpenFixture(&f, 1, n, min, max, &boundary, eta, DoubleWell);
  Mat spread = SpreadMap(&f, law, parameters, tolerance), dense = DenseMap(&f, law, parameters);
  Vec x = GaussianState(f.grid, mean, sd), y = GaussianState(f.grid, mean, sd);
  Advance(spread, x, 5);
  Advance(dense, y, 5);
  snprintf(what, sizeof what, "%s, boundary %d, tolerance %.0e: L1 to dense", law, boundary, tolerance);
  CheckBelow(what, L1Distance(x, y), limit);
  CheckBelow("  mass and ledger - 1", fabs(SumOf(x) - 1), 1e-12);
  VecDestroy(&x);
  VecDestroy(&y);
  MatDestroy(&spread);
  MatDestroy(&dense);
  CloseFixture(&f);
}

static void test_dense_twin(void **state) {
  (void)state;
  for (int b = 0; b < 3; b++) {
    AgainstDense("gaussian", NULL, (SgdBoundary)b, 1e-4, 1e-4);
    AgainstDense("gaussian", NULL, (SgdBoundary)b, 1e-8, 1e-8);
    AgainstDense("gaussian", NULL, (SgdBoundary)b, 1e-11, 1e-11);
  }
}

/* --- Gaussian for ever: g = K x, any eta, in 1 to 3 dimensions -----------------------------------------------------
 */

static const double K3[3] = {1.0, 15.0, 0.4}, C6[6] = {1.0, 0.3, -0.2, 1.5, 0.4, 0.8};

static void Linear(const double x[], double g[], double C[]) {
  for (int a = 0; a < 3; a++) g[a] = K3[a] * x[a];
  for (int p = 0; p < 6; p++) C[p] = C6[p];
}
static void Linear2(const double x[], double g[], double C[]) {
  for (int a = 0; a < 2; a++) g[a] = K3[a] * x[a];
  C[0] = C6[0];
  C[1] = C6[1];
  C[2] = C6[3];
}

/* N(m, S) on the grid, S upper triangle. */
static double L1ToGaussian(SgdGrid grid, Vec y, const double m[], const double S[]) {
  const int d = grid->dim;
  double full[9], inverse[9], det, sum = 0;
  const PetscScalar *v;

  for (int a = 0; a < d; a++)
    for (int b = 0; b < d; b++) full[a * 3 + b] = S[SgdPair(d, a, b)];
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++)
      if (a >= d || b >= d) full[a * 3 + b] = a == b;
#define M(i, j) full[((i) % 3) * 3 + (j) % 3]
  det = 0;
  for (int i = 0; i < 3; i++) det += M(0, i) * (M(1, i + 1) * M(2, i + 2) - M(1, i + 2) * M(2, i + 1));
  for (int i = 0; i < 3; i++)
    for (int j = 0; j < 3; j++)
      inverse[j * 3 + i] = (M(i + 1, j + 1) * M(i + 2, j + 2) - M(i + 1, j + 2) * M(i + 2, j + 1)) / det;
#undef M
  assert_int_equal(VecGetArrayRead(y, &v), 0);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    double x[3], form = 0;
    SgdGridCentre(grid, cell, x);
    for (int a = 0; a < d; a++)
      for (int b = 0; b < d; b++) form += (x[a] - m[a]) * inverse[a * 3 + b] * (x[b] - m[b]);
    const double p = exp(-0.5 * form) / sqrt(pow(2 * PETSC_PI, d) * det) * grid->volume;
    sum += fabs(p - v[cell - grid->first_cell]);
  }
  assert_int_equal(VecRestoreArrayRead(y, &v), 0);
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  return sum;
}

/* eta lambda = 1.5 along the second axis: the map folds every step. */
static void Transient(int dim, const PetscInt n[], const double half[], double tolerance, double limit) {
  const double min[3] = {-half[0], -half[1], -half[2]}, eta = 0.1, sd[3] = {0.3, 0.3, 0.3};
  double m[3] = {0.2, -0.1, 0.15}, S[6] = {0};
  Fixture f;

  OpenFixture(&f, dim, n, min, half, absorbing, eta, dim == 2 ? Linear2 : Linear);
  Mat A = SpreadMap(&f, "gaussian", NULL, tolerance);
  Vec y = GaussianState(f.grid, m, sd);
  for (int a = 0; a < dim; a++) S[SgdPair(dim, a, a)] = sd[a] * sd[a];
  Advance(A, y, 4);
  for (int step = 0; step < 4; step++) {
    for (int a = 0; a < dim; a++) m[a] *= 1 - eta * K3[a];
    for (int a = 0; a < dim; a++)
      for (int b = a; b < dim; b++) {
        double *s = &S[SgdPair(dim, a, b)];
        *s = (1 - eta * K3[a]) * (1 - eta * K3[b]) * *s + eta * eta * C6[SgdPair(3, a, b)];
      }
  }
  CheckBelow(dim == 2 ? "2D Gaussian transient, L1" : "3D Gaussian transient, L1", L1ToGaussian(f.grid, y, m, S),
             limit);
  CheckBelow("  mass and ledger - 1", fabs(SumOf(y) - 1), 1e-12);
  VecDestroy(&y);
  MatDestroy(&A);
  CloseFixture(&f);
}

static void test_transient_2d(void **state) {
  const PetscInt n[3] = {101, 127, 1};
  const double half[3] = {2.2, 2.6, 1};

  (void)state;
  Transient(2, n, half, 1e-4, 1e-4);
  Transient(2, n, half, 1e-9, 1e-8);
}

static void test_transient_3d(void **state) {
  const PetscInt n[3] = {99, 101, 105};
  const double half[3] = {2.4, 2.6, 2.4};

  (void)state;
  Transient(3, n, half, 1e-9, 1e-8);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dense_twin),
      cmocka_unit_test(test_transient_2d),
      cmocka_unit_test(test_transient_3d),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  SlepcFinalize();
  return failed;
}
