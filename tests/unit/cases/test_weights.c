/* Weighted samples against sums over the plain landscape's samples and over all batches of two, their draws, and what is refused. */
#include "landscape_fixture.h"
#include "cases/landscapes/landscape_draw.h"
#include <math.h>

#define DATA                                                                                                           \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 11, features: 2, classes: 3, seed: 2}}\n"
#define EVERY "weights: {by: sample, values: [1, 2, 0.5, 3, 1, 4, 0.25, 1, 2, 5, 1.5], use: "
enum { N = 11, P = 9 };
static const double weights[N] = {1, 2, 0.5, 3, 1, 4, 0.25, 1, 2, 5, 1.5};
static const double w[P] = {0.3, -0.2, 0.5, 0.1, -0.4, 0.2, 0.7, -0.1, 0.05};
static const double v[P] = {0.5, 0.5, 0, 0.5, 0, 0, 0, 0.5, 0};

typedef struct {
  SgdCase c[2];
  SgdLandscape plain, l;
  double g[N], p[N], f[N], mean;
} Pair;

static SgdLandscape Create(const char *text, SgdCase *c) {
  SgdLandscape l;

  *c = OpenText(PETSC_COMM_SELF, text);
  assert_int_equal(SgdLandscapeCreate(*c, &l), 0);
  return l;
}

/* use: 0 probability, 1 loss, 2 importance; p and f as they are defined */
static void Build(Pair *k, int use) {
  static const char *const text[] = {DATA EVERY "probability}\n", DATA EVERY "loss}\n", DATA EVERY "importance}\n"};
  double sum = 0;

  k->plain = Create(DATA, &k->c[0]);
  k->l = Create(text[use], &k->c[1]);
  assert_int_equal(SgdLandscapeSampleGradients(k->plain, w, 1, v, k->g), 0);
  for (int i = 0; i < N; i++) sum += weights[i];
  k->mean = 0;
  for (int i = 0; i < N; i++) {
    k->p[i] = use == 1 ? 1.0 / N : weights[i] / sum;
    k->f[i] = use == 0 ? 1 : (use == 1 ? N * weights[i] / sum : sum / (N * weights[i]));
    k->mean += k->p[i] * k->f[i] * k->g[i];
  }
}

static void Drop(Pair *k) {
  SgdLandscapeDestroy(&k->plain);
  SgdLandscapeDestroy(&k->l);
  for (int i = 0; i < 2; i++) SgdCaseClose(&k->c[i]);
}

/* Mean, covariance and the noise of a mode; importance sampling has the plain mean. */
static void test_moments(void **state) {
  (void)state;
  for (int use = 0; use < 3; use++) {
    Pair k;
    double g, C, D, Gamma, cov, plain, variance = 0, none;
    Build(&k, use);
    assert_int_equal(SgdLandscapePoint(k.l, w, 1, v, NULL, &g, &C, NULL), 0);
    for (int i = 0; i < N; i++) variance += k.p[i] * PetscSqr(k.f[i] * k.g[i] - k.mean);
    assert_true(fabs(g - k.mean) < 1e-14 && fabs(C - variance) < 1e-14);
    SgdLandscapeModeNoise(k.l, w, v, &D, &Gamma, &cov);
    assert_true(fabs(D - variance) < 1e-14 && Gamma > 0);
    SgdLandscapePoint(k.plain, w, 1, v, NULL, &plain, &none, NULL);
    assert_true((fabs(plain - g) < 1e-14) == (use == 2));
    assert_int_equal(SgdLandscapeSamples(k.l), 0);
    Drop(&k);
  }
}

/* The characteristic function of a batch of two, phi(q/2)^2, is the sum over all 121 of them. */
static void test_batches(void **state) {
  const double q[] = {0.3, 2, -7}, half[] = {0.15, 1, -3.5};

  (void)state;
  for (int use = 0; use < 3; use++) {
    Pair k;
    double _Complex phi[3];
    PetscBool exact;
    Build(&k, use);
    assert_int_equal(SgdLandscapeCharacteristic(k.l, w, v, 3, half, phi, &exact), 0);
    assert_true(exact);
    for (int m = 0; m < 3; m++) {
      double _Complex sum = 0;
      for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++)
          sum += k.p[i] * k.p[j] * cexp(-I * q[m] * (0.5 * (k.f[i] * k.g[i] + k.f[j] * k.g[j]) - k.mean));
      assert_true(cabs(phi[m] * phi[m] - sum) < 1e-14);
    }
    Drop(&k);
  }
}

/* Trajectories draw the same law: mean and variance of 40,000 batches of two, within four standard errors. */
static void test_draws(void **state) {
  enum { DRAWS = 40000 };

  (void)state;
  for (int use = 0; use < 3; use++) {
    Pair k;
    SgdLandscapeDraw draw;
    double G[P], sum[2] = {0}, variance = 0;
    Build(&k, use);
    for (int i = 0; i < N; i++) variance += k.p[i] * PetscSqr(k.f[i] * k.g[i] - k.mean) / 2;
    assert_int_equal(SgdLandscapeDrawCreate(k.l, 2, SGD_DRAW_WITH_REPLACEMENT, 1, &draw), 0);
    for (int n = 0; n < DRAWS; n++) {
      double along = -k.mean;
      SgdLandscapeDrawGradient(draw, n, 3, w, G);
      for (int i = 0; i < P; i++) along += v[i] * G[i];
      sum[0] += along / DRAWS;
      sum[1] += along * along / DRAWS;
    }
    assert_true(fabs(sum[0]) < 4 * sqrt(variance / DRAWS));
    assert_true(fabs(sum[1] / variance - 1) < 4 * sqrt(4. / DRAWS));
    SgdLandscapeDrawDestroy(&draw);
    Drop(&k);
  }
}

/* Class-balanced: every class has the same say, whatever its samples. The Hessian is the gradient's slope. */
static void test_balanced(void **state) {
  SgdCase c;
  SgdLandscape l = Create(DATA "weights: class\n", &c);
  double side[2][P], hv[P], x[P], loss[2], slope = 0;

  (void)state;
  for (int k = 0; k < 2; k++) {
    for (int i = 0; i < P; i++) x[i] = w[i] + (k ? -1e-5 : 1e-5) * v[i];
    SgdLandscapeGradient(l, x, &loss[k], side[k]);
  }
  SgdLandscapeHessianApply(l, w, v, hv);
  for (int i = 0; i < P; i++) assert_true(fabs((side[0][i] - side[1][i]) / 2e-5 - hv[i]) < 1e-8);
  for (int i = 0; i < P; i++) slope += 0.5 * (side[0][i] + side[1][i]) * v[i];
  assert_true(fabs((loss[0] - loss[1]) / 2e-5 - slope) < 1e-8);
  SgdLandscapeDestroy(&l);
  SgdCaseClose(&c);
}

static void test_refused(void **state) {
  static const char *const text[][2] = {
      {DATA "weights: {by: sample, values: [1, 2]}\n", "expected 11 numbers, one a sample"},
      {DATA "weights: {by: class, values: [1, -2, 1]}\n", "must not be negative"},
      {DATA "weights: {by: class, values: [0, 0, 0]}\n", "all weights are zero"},
      {DATA "weights: {by: class, values: [1, 0, 1], use: importance}\n", "none may be zero"},
      {DATA "weights: {by: clas}\n", "class"},
      {DATA "weights: {values: [1]}\n", "weights.by"},
      {DATA "weights: class\nsgd: {sampling: epoch}\n", "with replacement"},
      {"landscape: {family: rough}\nweights: class\n", "has no samples"}};

  (void)state;
  for (size_t k = 0; k < sizeof text / sizeof *text; k++)
    ExpectRefused(PETSC_COMM_SELF, text[k][0], SGD_EXIT_CASE, text[k][1]);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_moments), cmocka_unit_test(test_batches),
                                     cmocka_unit_test(test_draws), cmocka_unit_test(test_balanced),
                                     cmocka_unit_test(test_refused)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
