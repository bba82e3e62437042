/* Langevin's generator: exact moments, Gibbs densities, positive rates, second order. */
#include "model_fixture.h"
#include <petscmat.h>

static const double eta = 0.2;

/* Rotated drift and rotated constant noise; at |w| <= 2 the cells are fine enough for central rates (|z| < 2). */
#define QUADRATIC(model)                                                                                               \
  "landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]}\n"                  \
  "slice: {axes: [a, b], min: [-2, -2], max: [2, 2], cells: [50, 40]}\n"                                               \
  "models: [{model: langevin, " model "}]\n"

/* d<x>/dtau = -K <x> and d<x x^T>/dtau = -K M - M K + eta C, for any masses on cells off the edge, to rounding. */
static void test_exact_moments(void **state) {
  const double K[2][2] = {{1, 0.3}, {0.3, 0.5}}, C[2][2] = {{1, 0.5}, {0.5, 2}};
  Bench b = BenchBuild(QUADRATIC("flux: moment_exact"), eta, 1);
  Vec y = RandomState(b.grid, 8, 6), rate;
  double m[10], dm[10], M[2][2];

  (void)state;
  assert_true(fabs(Apply(SgdModelOperator(b.model), y, &rate)) < 1e-12);
  RawMoments(b.grid, y, m);
  RawMoments(b.grid, rate, dm);
  M[0][0] = m[3], M[0][1] = M[1][0] = m[4], M[1][1] = m[5];
  for (int a = 0; a < 2; a++) {
    assert_true(fabs(dm[1 + a] + K[a][0] * m[1] + K[a][1] * m[2]) < 1e-12);
    for (int c = a; c < 2; c++) {
      double expected = eta * C[a][c];
      for (int k = 0; k < 2; k++) expected -= K[a][k] * M[k][c] + M[a][k] * K[k][c];
      if (!(fabs(dm[3 + SgdPair(2, a, c)] - expected) < 1e-12))
        fail_msg("second moment %d%d: %.15g, not %.15g", a, c, dm[3 + SgdPair(2, a, c)], expected);
    }
  }
  VecDestroy(&y);
  VecDestroy(&rate);
  BenchClose(&b);
}

/* C of condition 100, turned by 30 degrees, and cells too wide for central rates: where upwinding adds to the variance,
   SgdModelAdded says by how much, exactly: d<x_a^2>/dtau = -2 <x_a^2> + eta C_aa + <added_a>. */
static void test_added_variance_is_known(void **state) {
  static const char text[] =
      "landscape: {family: quadratic, hessian: [1, 0, 0, 1], noise_covariance: [0.7525, 0.428682570, 0.428682570, "
      "0.2575]}\nslice: {axes: [a, b], min: [-4, -4], max: [4, 4], cells: [64, 56]}\nmodels: [langevin]\n";
  const double C[2] = {0.7525, 0.2575};
  Bench b = BenchBuild(text, eta, 1);
  Vec y = RandomState(b.grid, 8, 16), rate;
  double m[10], dm[10];
  const PetscScalar *mass;

  (void)state;
  Apply(SgdModelOperator(b.model), y, &rate);
  RawMoments(b.grid, y, m);
  RawMoments(b.grid, rate, dm);
  VecGetArrayRead(y, &mass);
  for (int a = 0; a < 2; a++) {
    const int pair = 3 + SgdPair(2, a, a);
    double added = 0;
    for (PetscInt i = 0; i < b.grid->last_cell - b.grid->first_cell; i++)
      added += mass[i] * SgdModelAdded(b.model, a)[i];
    MPI_Allreduce(MPI_IN_PLACE, &added, 1, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
    if (!(fabs(dm[pair] + 2 * m[pair] - eta * C[a] - added) < 1e-12))
      fail_msg("axis %d: added %.15g, not %.15g", a, added, dm[pair] + 2 * m[pair] - eta * C[a]);
    assert_true(added > 0.01 * eta * C[a]);
  }
  VecRestoreArrayRead(y, &mass);
  VecDestroy(&y);
  VecDestroy(&rate);
  BenchClose(&b);
}

/* A gradient system: K and C share their eigenvectors (C = K here), so that D^{-1} g = (2/eta) w is the gradient of
   U = |w|^2/eta, and exp(-U) is stationary: exactly, on any grid, for exponentially fitted rates. Central ones miss. */
static double Gibbs(const double *x) {
  return exp(-(x[0] * x[0] + x[1] * x[1]) / eta);
}

static double Residual(const char *flux) {
  char text[512];
  PetscReal residual, size;
  Vec p, rate;

  snprintf(text, sizeof text,
           "landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.3, 0.3, 0.5]}\n"
           "slice: {axes: [a, b], min: [-2.6, -2.6], max: [2.6, 2.6], cells: [40, 32]}\n"
           "models: [{model: langevin, flux: %s}]\n",
           flux);
  Bench b = BenchBuild(text, eta, 1);
  p = FillState(b.grid, Gibbs);
  Apply(SgdModelOperator(b.model), p, &rate);
  VecNorm(rate, NORM_INFINITY, &residual);
  MatNorm(SgdModelOperator(b.model), NORM_INFINITY, &size);
  VecDestroy(&p);
  VecDestroy(&rate);
  BenchClose(&b);
  return residual / size;
}

static void test_gibbs_density_is_stationary(void **state) {
  (void)state;
  assert_true(Residual("scharfetter_gummel") < 1e-12);
  assert_true(Residual("moment_exact") > 1e-6);
}

/* Rates out of every cell are positive and columns sum to zero, whatever the orientation of a noise of condition 1e4.
   The sharp axis of the noise turns; the drift is strong enough that central rates would be negative. */
static void Tensor(int dim, double angle, double *C) {
  const double c = cos(angle), s = sin(angle), e = 1e-4;

  if (dim == 2) {
    C[0] = c * c + e * s * s, C[1] = C[2] = (1 - e) * c * s, C[3] = s * s + e * c * c;
    return;
  }
  const double v[3] = {c, s * c, s * s}; /* C = e I + (1 - e) v v^T */
  for (int a = 0; a < 3; a++)
    for (int b = 0; b < 3; b++) C[3 * a + b] = (v[a] * v[b]) * (1 - e) + (a == b ? e : 0);
}

static void CheckPositive(Bench *b) {
  const Mat A = SgdModelOperator(b->model);
  PetscInt first, last, outer = 0;

  MatGetOwnershipRange(A, &first, &last);
  for (PetscInt row = first; row < last; row++) {
    const PetscInt *column;
    const PetscScalar *value;
    PetscInt count;
    MatGetRow(A, row, &count, &column, &value);
    for (PetscInt k = 0; k < count; k++) {
      if (column[k] != row) assert_true(value[k] >= 0);
      outer += column[k] != row && value[k] > 0;
    }
    MatRestoreRow(A, row, &count, &column, &value);
  }
  assert_true(outer > 0);
}

static void test_positive_rates(void **state) {
  static const char *const flux[] = {"moment_exact", "scharfetter_gummel"};

  (void)state;
  for (int dim = 2; dim <= 3; dim++)
    for (int k = 0; k < 2; k++)
      for (double angle = 0.3; angle < 3; angle += 0.8) {
        char text[1024], C[256] = "";
        double value[9];
        PetscReal norm;
        Tensor(dim, angle, value);
        for (int i = 0; i < dim * dim; i++)
          snprintf(C + strlen(C), sizeof C - strlen(C), "%s%.17g", i ? ", " : "", value[i]);
        snprintf(text, sizeof text,
                 "landscape: {family: quadratic, eigenvalues: [3, 1%s], gradient_noise: [], noise_covariance: [%s]}\n"
                 "slice: {axes: [a, b%s], min: [-3, -3%s], max: [3, 3%s], cells: [%s]}\nmodels: [{model: langevin, "
                 "flux: %s}]\n",
                 dim == 3 ? ", 2" : "", C, dim == 3 ? ", c" : "", dim == 3 ? ", -3" : "", dim == 3 ? ", 3" : "",
                 dim == 3 ? "9, 8, 7" : "20, 25", flux[k]);
        Bench b = BenchBuild(text, eta, 1);
        assert_int_equal(SgdModelGetKind(b.model), SGD_GENERATOR);
        CheckPositive(&b);
        MatNorm(SgdModelOperator(b.model), NORM_INFINITY, &norm);
        CheckColumnSums(b.grid, SgdModelOperator(b.model), 0, 1e-14 * norm);
        CheckAdjoint(b.grid, SgdModelOperator(b.model), 1e-11);
        BenchClose(&b);
      }
}

/* A double well coupled to a second axis, noise that depends on the place and is correlated:
     l = w1^4/4 - w1^2/2 + w1 w2/4 + w2^2/2,   C = [[1 + w1^2/4, 0.3], [0.3, 1 + w2^2/8]],
   at the density p = exp(-(w1 - 0.2)^2/0.18 - (w2 + 0.1)^2/0.18):  L p = d_i(g_i p) + (eta/2) d_i d_j (C_ij p). */
static double Density(const double *x) {
  return exp(-((x[0] - 0.2) * (x[0] - 0.2) + (x[1] + 0.1) * (x[1] + 0.1)) / 0.18);
}

static double Rate(const double *x) {
  const double v = x[0], w = x[1], p = Density(x), a = -(v - 0.2) / 0.09, c = -(w + 0.1) / 0.09;
  const double g1 = v * v * v - v + w / 4, g2 = v / 4 + w;
  const double drift = (3 * v * v - 1 + g1 * a + 1 + g2 * c) * p;
  const double C1 = 1 + v * v / 4, C2 = 1 + w * w / 8;
  const double second = (0.5 + 2 * (v / 2) * a + C1 * (a * a - 1 / 0.09)) + 2 * 0.3 * a * c +
                        (0.25 + 2 * (w / 4) * c + C2 * (c * c - 1 / 0.09));
  return drift + eta / 2 * second * p;
}

static double ErrorAt(int cells, const char *flux) {
  char text[1024];
  PetscReal error, size;
  Vec p, exact, rate;

  snprintf(text, sizeof text,
           "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: "
           "-0.5, powers: [2, 0]}, {coefficient: 0.25, powers: [1, 1]}, {coefficient: 0.5, powers: [0, 2]}], "
           "noise_covariance: [1, 0.3, 0.3, 1], noise_terms: [{coefficient: 0.25, powers: [2, 0], row: 1, column: 1}, "
           "{coefficient: 0.125, powers: [0, 2], row: 2, column: 2}]}\n"
           "slice: {axes: [a, b], min: [-1.8, -1.8], max: [1.8, 1.8], cells: [%d, %d]}\n"
           "models: [{model: langevin, flux: %s}]\n",
           cells, cells, flux);
  Bench b = BenchBuild(text, eta, 1);
  p = FillState(b.grid, Density);
  exact = FillState(b.grid, Rate);
  Apply(SgdModelOperator(b.model), p, &rate);
  VecNorm(exact, NORM_INFINITY, &size);
  VecAXPY(rate, -1, exact);
  VecNorm(rate, NORM_INFINITY, &error);
  VecDestroy(&p);
  VecDestroy(&exact);
  VecDestroy(&rate);
  BenchClose(&b);
  return error / size;
}

static void test_second_order(void **state) {
  static const char *const flux[] = {"moment_exact", "scharfetter_gummel"};

  (void)state;
  for (int k = 0; k < 2; k++) {
    const double coarse = ErrorAt(48, flux[k]), fine = ErrorAt(96, flux[k]), order = log2(coarse / fine);
    assert_true(fine < 0.05);
    if (!(fabs(order - 2) < 0.15)) fail_msg("%s: errors %g, %g, order %g", flux[k], coarse, fine, order);
  }
}

/* A direction without noise has no Langevin model: refused. */
static void test_singular_noise_is_refused(void **state) {
  Bench b = BenchOpen(PETSC_COMM_WORLD,
                      "landscape: {family: quadratic, eigenvalues: [1, 2], gradient_noise: [1, 0]}\n"
                      "slice: {axes: [a, b], min: [-1, -1], max: [1, 1], cells: [8, 8]}\nmodels: [langevin]\n",
                      eta, 1);
  PetscErrorCode ierr;

  (void)state;
  CatchStderr();
  ierr = BenchModel(&b);
  ReleaseStderr("every direction of the slice needs some noise");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_NUMBERS);
  BenchClose(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_exact_moments),
    cmocka_unit_test(test_added_variance_is_known),
    cmocka_unit_test(test_gibbs_density_is_stationary),
    cmocka_unit_test(test_positive_rates),
    cmocka_unit_test(test_second_order),
    cmocka_unit_test(test_singular_noise_is_refused),
};

BENCH_MAIN(tests)
