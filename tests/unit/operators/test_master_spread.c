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

/* --- laws, one dimension, against the dense twin -------------------------------------------------------------------
 */

static void test_laws(void **state) {
  static const SgdStepLawParameters some = {.shape = 4, .rate = 8, .alpha = 1.5};

  (void)state;
  AgainstDense("exponential", NULL, SGD_ABSORBING, 1e-8, 2e-6);
  AgainstDense("gamma", &some, SGD_ABSORBING, 1e-8, 2e-7);
  AgainstDense("laplace", NULL, SGD_PERIODIC, 1e-8, 2e-6);
  AgainstDense("uniform", NULL, SGD_PERIODIC, 1e-8, 1e-7);
  AgainstDense("rademacher", NULL, SGD_PERIODIC, 1e-8, 1e-7);
  AgainstDense("compound_poisson", &some, SGD_PERIODIC, 1e-8, 1e-7);
  AgainstDense("alpha_stable", &some, SGD_PERIODIC, 1e-8, 1e-7);
}

/* --- a law that depends on the place --------------------------------------------------------------------------------
 */

static void Varying1(const double x[], double g[], double C[]) {
  g[0] = x[0] * x[0] * x[0] - x[0];
  C[0] = 1 + 0.5 * x[0] * x[0];
}

static void test_varying_1d(void **state) {
  const PetscInt n[1] = {301};
  const double min[1] = {-2.2}, max[1] = {2.6}, mean[1] = {0.9}, sd[1] = {0.4}, eta = 0.05;
  const double tolerance[3] = {1e-4, 1e-8, 1e-11}, limit[3] = {1e-4, 2e-8, 1e-10};
  Fixture f;

  (void)state;
  OpenFixture(&f, 1, n, min, max, absorbing, eta, Varying1);
  Mat dense = DenseMap(&f, "gaussian", NULL);
  Vec y = GaussianState(f.grid, mean, sd);
  Advance(dense, y, 5);
  for (int i = 0; i < 3; i++) {
    Mat spread = SpreadMap(&f, "gaussian", NULL, tolerance[i]);
    Vec x = GaussianState(f.grid, mean, sd);
    Advance(spread, x, 5);
    CheckBelow("1D, noise varies: L1 to dense", L1Distance(x, y), limit[i]);
    CheckBelow("  mass and ledger - 1", fabs(SumOf(x) - 1), 1e-12);
    VecDestroy(&x);
    MatDestroy(&spread);
  }
  VecDestroy(&y);
  MatDestroy(&dense);
  CloseFixture(&f);
}

static void Varying2(const double x[], double g[], double C[]) {
  g[0] = x[0] * x[0] * x[0] - x[0] + 0.3 * x[1];
  g[1] = x[1] + 0.3 * x[0];
  C[0] = 1 + 0.2 * x[1] * x[1];
  C[1] = 0.3 + 0.1 * x[0];
  C[2] = 1 + 0.2 * x[0] * x[0];
}

static void test_varying_2d(void **state) {
  const PetscInt n[2] = {120, 131};
  const double min[2] = {-2, -2.4}, max[2] = {2.2, 2.2}, mean[2] = {0.8, -0.2}, sd[2] = {0.3, 0.3}, eta = 0.07;
  const double tolerance[2] = {1e-4, 1e-8}, limit[2] = {1e-4, 1e-7};
  Fixture f;
  Mat splat;

  (void)state;
  OpenFixture(&f, 2, n, min, max, absorbing, eta, Varying2);
  assert_int_equal(SgdMasterSplat(&f.step, 8.5, &splat), 0);
  Vec y = GaussianState(f.grid, mean, sd);
  Advance(splat, y, 3);
  for (int i = 0; i < 2; i++) {
    Mat spread = SpreadMap(&f, "gaussian", NULL, tolerance[i]);
    Vec x = GaussianState(f.grid, mean, sd);
    Advance(spread, x, 3);
    CheckBelow("2D, noise varies: L1 to the splat", L1Distance(x, y), limit[i]);
    CheckBelow("  mass and ledger - 1", fabs(SumOf(x) - 1), 1e-12);
    VecDestroy(&x);
    MatDestroy(&spread);
  }
  VecDestroy(&y);
  MatDestroy(&splat);
  CloseFixture(&f);
}

/* --- the transpose ---------------------------------------------------------------------------------------------------
 */

static void Noise3(const double x[], double g[], double C[]) {
  Linear(x, g, C);
  g[0] += sin(2 * x[1]);
}

/* <y, A x> = <A^T y, x> for rough vectors, mixed boundaries. */
static void Adjoint(int dim, const SgdBoundary boundary[], Formula formula, const char *law) {
  const PetscInt n[3] = {30, 27, 25};
  const double min[3] = {-1, -1.1, -0.9}, max[3] = {1.2, 1, 1};
  PetscScalar left, right;
  PetscReal scale;
  Vec x, y, Ax, Aty;
  PetscRandom random;
  Fixture f;

  OpenFixture(&f, dim, n, min, max, boundary, 0.1, formula);
  Mat A = SpreadMap(&f, law, NULL, 1e-6);
  SgdGridCreateState(f.grid, &x);
  VecDuplicate(x, &y);
  VecDuplicate(x, &Ax);
  VecDuplicate(x, &Aty);
  PetscRandomCreate(PETSC_COMM_WORLD, &random);
  VecSetRandom(x, random);
  VecSetRandom(y, random);
  assert_int_equal(MatMult(A, x, Ax), 0);
  assert_int_equal(MatMultTranspose(A, y, Aty), 0);
  VecDot(y, Ax, &left);
  VecDot(Aty, x, &right);
  VecNorm(x, NORM_1, &scale);
  CheckBelow("adjoint: |<y, A x> - <A^T y, x>| / |x|", fabs(left - right) / scale, 1e-11);
  CheckBelow("  mass and ledger kept by rough vectors", fabs(SumOf(Ax) / SumOf(x) - 1), 1e-12);
  VecSet(y, 1);
  assert_int_equal(MatMultTranspose(A, y, Aty), 0);
  CheckBelow("  the constant is kept by the transpose", L1Distance(y, Aty) / (double)f.grid->cells, 1e-12);
  PetscRandomDestroy(&random);
  VecDestroy(&x);
  VecDestroy(&y);
  VecDestroy(&Ax);
  VecDestroy(&Aty);
  MatDestroy(&A);
  CloseFixture(&f);
}

static void test_adjoint(void **state) {
  const SgdBoundary mixed[4][3] = {{SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING},
                                   {SGD_PERIODIC, SGD_REFLECTING, SGD_ABSORBING},
                                   {SGD_REFLECTING, SGD_PERIODIC, SGD_PERIODIC},
                                   {SGD_PERIODIC, SGD_ABSORBING, SGD_REFLECTING}};

  (void)state;
  for (int b = 0; b < 4; b++) {
    Adjoint(1, mixed[b], Varying1, "gaussian");
    Adjoint(2, mixed[b], Linear2, "exponential");
    Adjoint(2, mixed[b], Varying2, "gaussian");
    Adjoint(3, mixed[b], Noise3, "gaussian");
  }
}

/* --- any number of ranks
 * ---------------------------------------------------------------------------------------------- */

/* Folds along both axes and throws mass across the whole box. */
static void Wild(const double x[], double g[], double C[]) {
  for (int a = 0; a < 3; a++) g[a] = 10 * x[a] * x[a] * x[a] + 16 * x[a] - 6 * x[(a + 1) % 3];
  C[0] = 1 + 0.05 * x[0];
  C[1] = 0.2;
  C[2] = 1.1;
}
static void Wild3(const double x[], double g[], double C[]) {
  Wild(x, g, C);
  C[1] = C[2] = C[4] = 0.1;
  C[0] = C[3] = C[5] = 0.7;
}

/* One map on all ranks against the same on each rank alone; on one rank there is nothing to compare. */
static void AnyRanks(int dim, const SgdBoundary boundary[], Formula formula, const char *law) {
  const PetscInt n[3] = {41, 37, 35};
  const double min[3] = {-1, -1.1, -0.9}, max[3] = {1.2, 1, 1}, mean[3] = {0.3, -0.2, 0.4}, sd[3] = {0.3, 0.25, 0.35};
  Vec y[2], z[2];
  Fixture f[2];
  const PetscScalar *all, *own;
  double most = 0, largest = 0, sum = 0;

  for (int serial = 0; serial < 2; serial++) {
    fixture_comm = serial ? PETSC_COMM_SELF : PETSC_COMM_WORLD;
    OpenFixture(&f[serial], dim, n, min, max, boundary, 0.1, formula);
    Mat A = SpreadMap(&f[serial], law, NULL, 1e-8);
    y[serial] = GaussianState(f[serial].grid, mean, sd);
    Advance(A, y[serial], 2);
    VecDuplicate(y[serial], &z[serial]);
    assert_int_equal(MatMultTranspose(A, y[serial], z[serial]), 0);
    MatDestroy(&A);
  }
  fixture_comm = MPI_COMM_NULL;
  for (int backward = 0; backward < 2; backward++) {
    Vec *v = backward ? z : y;
    PetscInt size;
    VecGetLocalSize(v[0], &size);
    VecGetArrayRead(v[0], &own);
    VecGetArrayRead(v[1], &all);
    for (PetscInt i = 0; i < size; i++) {
      const double other = all[f[0].grid->first_cell + i], difference = fabs(own[i] - other);
      sum += backward ? 0 : difference;
      most = fmax(most, backward ? difference : 0);
      largest = fmax(largest, backward ? fabs(other) : 0);
    }
    VecRestoreArrayRead(v[0], &own);
    VecRestoreArrayRead(v[1], &all);
  }
  MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &largest, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  CheckBelow("all ranks against one, L1", sum, 1e-11);
  CheckBelow("  backward, largest difference, relative", most / largest, 1e-11);
  for (int serial = 0; serial < 2; serial++) {
    VecDestroy(&y[serial]);
    VecDestroy(&z[serial]);
    CloseFixture(&f[serial]);
  }
}

static void test_ranks(void **state) {
  const SgdBoundary mixed[3][3] = {{SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING},
                                   {SGD_PERIODIC, SGD_REFLECTING, SGD_ABSORBING},
                                   {SGD_REFLECTING, SGD_PERIODIC, SGD_PERIODIC}};
  int size;

  (void)state;
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (size == 1) skip();
  for (int b = 0; b < 3; b++) {
    AnyRanks(1, mixed[b], Wild, "gaussian");
    AnyRanks(2, mixed[b], Wild, "gaussian");
    AnyRanks(2, mixed[b], Linear2, "laplace");
    AnyRanks(3, mixed[b], Wild3, "gaussian");
  }
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_dense_twin), cmocka_unit_test(test_transient_2d), cmocka_unit_test(test_transient_3d),
      cmocka_unit_test(test_laws),       cmocka_unit_test(test_varying_1d),   cmocka_unit_test(test_varying_2d),
      cmocka_unit_test(test_adjoint),    cmocka_unit_test(test_ranks),
  };
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  SlepcFinalize();
  return failed;
}
