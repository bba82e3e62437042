/* The discrete Fokker-Planck map: exact first two moments, second order in the cell width, conservation, refusal. */
#include "model_fixture.h"

#define K11 1.0
#define K12 0.3
#define K22 0.5
static const double eta = 0.1, K[2][2] = {{K11, K12}, {K12, K22}}, C[2][2] = {{1, 0.5}, {0.5, 2}};

#define QUADRATIC(box, cells, model)                                                                                   \
  "landscape: {family: quadratic, hessian: [1, 0.3, 0.3, 0.5], noise_covariance: [1, 0.5, 0.5, 2]}\n"                  \
  "slice: {axes: [a, b], min: [-" box ", -" box "], max: [" box ", " box "], cells: [" cells ", " cells "]}\n"         \
  "models: [{model: discrete_fokker_planck, " model "}]\n"

/* M[a][b] of raw second moments, from RawMoments in two dimensions */
static void Second(const double m[10], double M[2][2]) {
  M[0][0] = m[3], M[0][1] = M[1][0] = m[4], M[1][1] = m[5];
}

/* sum_{kl} X_ak Y_kl Z_bl */
static double Triple(const double X[2][2], double Y[2][2], const double Z[2][2], int a, int b) {
  double sum = 0;
  for (int k = 0; k < 2; k++)
    for (int l = 0; l < 2; l++) sum += X[a][k] * Y[k][l] * Z[b][l];
  return sum;
}

/* Explicit, any masses on cells off the edge: mean' = (I - eta K) mean, M' = (I - eta K) M (I - eta K)^T + eta^2 C,
   with M the raw second moment, to rounding. */
static void test_explicit_moments(void **state) {
  Bench b = BenchBuild(QUADRATIC("3", "12", "scheme: explicit"), eta, 1);
  const double A[2][2] = {{1 - eta * K11, -eta * K12}, {-eta * K12, 1 - eta * K22}};
  Vec y = RandomState(b.grid, 8, 2), next;
  double before[10], after[10], M[2][2], N[2][2];

  (void)state;
  assert_true(fabs(Apply(SgdModelOperator(b.model), y, &next) - 1) < 1e-15);
  RawMoments(b.grid, y, before);
  RawMoments(b.grid, next, after);
  Second(before, M);
  Second(after, N);
  for (int a = 0; a < 2; a++) {
    assert_true(fabs(after[1 + a] - A[a][0] * before[1] - A[a][1] * before[2]) < 1e-14);
    for (int c = 0; c < 2; c++) assert_true(fabs(N[a][c] - Triple(A, M, A, a, c) - eta * eta * C[a][c]) < 1e-14);
  }
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
}

/* Semi-implicit: mean' = (I - eta K) mean and, R = C + g g^T taken theta at the new and 1 - theta at the old density,
   M' - theta eta^2 (C + K M' K) = M - eta (K M + M K) + (1 - theta) eta^2 (C + K M K). */
static void CheckSemiImplicit(const char *text, double theta) {
  static const double unit[2][2] = {{1, 0}, {0, 1}};
  Bench b = BenchBuild(text, eta, 1);
  Vec y = RandomState(b.grid, 8, 40), next;
  double before[10], after[10], M[2][2], N[2][2];

  assert_true(fabs(Apply(SgdModelOperator(b.model), y, &next) - 1) < 1e-14);
  RawMoments(b.grid, y, before);
  RawMoments(b.grid, next, after);
  assert_true(1 - after[0] < 1e-11); /* nothing has reached the edge */
  Second(before, M);
  Second(after, N);
  for (int a = 0; a < 2; a++) {
    const double mean = before[1 + a] - eta * (K[a][0] * before[1] + K[a][1] * before[2]);
    assert_true(fabs(after[1 + a] - mean) < 1e-9);
    for (int c = 0; c < 2; c++) {
      const double left = N[a][c] - theta * eta * eta * (C[a][c] + Triple(K, N, K, a, c));
      const double right = M[a][c] - eta * (Triple(K, M, unit, a, c) + Triple(unit, M, K, a, c)) +
                           (1 - theta) * eta * eta * (C[a][c] + Triple(K, M, K, a, c));
      if (!(fabs(left - right) < 1e-8)) fail_msg("theta %g, moment %d%d off by %g", theta, a, c, left - right);
    }
  }
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
}

static void test_semi_implicit_moments(void **state) {
  (void)state;
  CheckSemiImplicit(QUADRATIC("30", "90", "scheme: semi_implicit"), 1);
  CheckSemiImplicit(QUADRATIC("30", "90", "theta: 0.5"), 0.5);
}

/* A double well with noise that depends on the place, l = w^4/4 - w^2/2, C = 1 + w^2/2, at a density p = N(0.3,
   0.25^2): p' = p + eta (g p)_w + (eta^2/2) (R p)_ww, R = C + g^2, by the product rule. */
static const double small = 0.002;

static double Density(const double *x) {
  return exp(-(x[0] - 0.3) * (x[0] - 0.3) / 0.125);
}

static double Change(const double *x) {
  const double w = x[0], g = w * w * w - w, g1 = 3 * w * w - 1, g2 = 6 * w;
  const double R = 1 + w * w / 2 + g * g, R1 = w + 2 * g * g1, R2 = 1 + 2 * g1 * g1 + 2 * g * g2;
  const double p = Density(x), u = -(w - 0.3) / 0.0625, p1 = u * p, p2 = (u * u - 1 / 0.0625) * p;
  return (g1 * p + g * p1) + small / 2 * (R2 * p + 2 * R1 * p1 + R * p2);
}

static double ErrorAt(int cells, const char *scheme) {
  char text[512];
  PetscReal error;
  Vec y, exact, next;

  snprintf(
      text, sizeof text,
      "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
      "powers: [2]}], noise_covariance: [1], noise_terms: [{coefficient: 0.5, powers: [2], row: 1, column: 1}]}\n"
      "slice: {axes: [a], min: [-2], max: [2], cells: [%d]}\nmodels: [{model: discrete_fokker_planck, scheme: "
      "%s}]\n",
      cells, scheme);
  Bench b = BenchBuild(text, small, 1);
  y = FillState(b.grid, Density);
  exact = FillState(b.grid, Change);
  Apply(SgdModelOperator(b.model), y, &next);
  VecAXPY(next, -1, y);
  VecAXPY(next, -small, exact);
  VecNorm(next, NORM_INFINITY, &error);
  VecDestroy(&y);
  VecDestroy(&exact);
  VecDestroy(&next);
  BenchClose(&b);
  return error / small;
}

static void test_second_order(void **state) {
  const double coarse = ErrorAt(50, "explicit"), fine = ErrorAt(100, "explicit"), finest = ErrorAt(200, "explicit");

  (void)state;
  assert_true(finest < 0.1);
  assert_true(fabs(log2(fine / finest) - 2) < 0.1);
  assert_true(fabs(log2(coarse / fine) - 2) < 0.3);
}

static void test_columns_and_adjoint(void **state) {
  static const char *const text[] = {QUADRATIC("3", "12", "scheme: explicit"), QUADRATIC("3", "20", "theta: 0.7")};

  (void)state;
  for (int k = 0; k < 2; k++) {
    Bench b = BenchBuild(text[k], eta, 1);
    assert_int_equal(SgdModelGetKind(b.model), SGD_MAP);
    CheckColumnSums(b.grid, SgdModelOperator(b.model), 1, 1e-12);
    CheckAdjoint(b.grid, SgdModelOperator(b.model), 1e-11);
    BenchClose(&b);
  }
}

/* sum_i eta^2 R_ii/h_i^2 beyond one: explicit is refused and says why; semi_implicit reports the same figure and goes
   on. The number is largest in a corner cell, |w| = 2.85: R_ii = C_ii + g_i^2. */
static void test_unstable_is_refused(void **state) {
  const double w = 2.85, h = 0.3, g1 = (K11 + K12) * w, g2 = (K12 + K22) * w;
  const double expected = eta * eta * (1 + g1 * g1 + 2 + g2 * g2) / (h * h);
  Bench b = BenchOpen(PETSC_COMM_WORLD, QUADRATIC("3", "20", "scheme: explicit"), eta, 1);
  const SgdFigure *figure;
  PetscErrorCode ierr;
  int count;

  (void)state;
  CatchStderr();
  ierr = BenchModel(&b);
  ReleaseStderr("the explicit scheme is unstable on this grid");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_NUMBERS);
  BenchClose(&b);
  b = BenchBuild(QUADRATIC("3", "20", "scheme: semi_implicit"), eta, 1);
  SgdModelFigures(b.model, &count, &figure);
  assert_true(count >= 1 && fabs(figure[0].value - expected) < 1e-12 && !figure[0].ok);
  assert_non_null(strstr(figure[0].name, "not taken here: sum eta^2 R_ii/h_i^2 (largest)"));
  BenchClose(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_explicit_moments),    cmocka_unit_test(test_semi_implicit_moments),
    cmocka_unit_test(test_second_order),        cmocka_unit_test(test_columns_and_adjoint),
    cmocka_unit_test(test_unstable_is_refused),
};

BENCH_MAIN(tests)
