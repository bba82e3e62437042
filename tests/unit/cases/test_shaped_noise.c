/* Noise that is scaled and projected: against the plain landscape's samples, draws and closed forms, G' = g + alpha P (G - g). */
#include "landscape_fixture.h"
#include "cases/landscapes/landscape_draw.h"
#include <math.h>

#define DATA                                                                                                           \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 11, features: 2, classes: 3, seed: 2}}\n"
#define FORM                                                                                                           \
  "landscape: {family: quadratic, eigenvalues: [1, 0.5, 2], gradient_noise: [1, 2, 3], hessian_noise: [0.1, 0.2, "     \
  "0.3]}\n"
enum { N = 11, P = 9 };
static const double w[P] = {0.3, -0.2, 0.5, 0.1, -0.4, 0.2, 0.7, -0.1, 0.05};
static const double u[P] = {0.6, 0, 0.8}, v[P] = {0.5, 0.5, 0, 0.5, 0, 0, 0, 0.5, 0};

typedef struct {
  SgdCase c[2];
  SgdLandscape plain, l;
} Pair;

static void Build(Pair *k, const char *plain, const char *text, const double *V) {
  k->c[0] = OpenText(PETSC_COMM_SELF, plain);
  k->c[1] = OpenText(PETSC_COMM_SELF, text);
  assert_int_equal(SgdLandscapeCreate(k->c[0], &k->plain), 0);
  assert_int_equal(SgdLandscapeCreate(k->c[1], &k->l), 0);
  assert_int_equal(SgdLandscapeShapeNoise(k->l, V), 0);
}

static void Drop(Pair *k) {
  SgdLandscapeDestroy(&k->plain);
  SgdLandscapeDestroy(&k->l);
  for (int i = 0; i < 2; i++) SgdCaseClose(&k->c[i]);
}

/* x = mean + alpha P (x - mean), P on u or off it */
static void Shape(double alpha, PetscBool off, const double *mean, double *x) {
  double along = 0;

  for (int i = 0; i < P; i++) along += u[i] * (x[i] - mean[i]);
  for (int i = 0; i < P; i++) x[i] = mean[i] + alpha * (off ? x[i] - mean[i] - along * u[i] : along * u[i]);
}

/* Batches, single samples, directions of them, and Hessians of batches; the mean gradient stays. */
static void test_samples(void **state) {
  static const char *const text[] = {DATA "noise: {scale: 0.5, onto: [1]}\n", DATA "noise: {scale: 0.5, off: [1]}\n"};
  const PetscInt batch[] = {3, 7, 3};

  (void)state;
  for (int off = 0; off < 2; off++) {
    Pair k;
    double mean[2][P], G[2][P], each[N * P], along[N], some[3], all[2][P], H[2][P], h[P];
    Build(&k, DATA, text[off], u);
    SgdLandscapeGradient(k.plain, w, NULL, mean[0]);
    SgdLandscapeGradient(k.l, w, NULL, mean[1]);
    for (int i = 0; i < P; i++) assert_true(fabs(mean[0][i] - mean[1][i]) < 1e-15);
    SgdLandscapeBatchGradient(k.plain, w, 3, batch, NULL, G[0]);
    SgdLandscapeBatchGradient(k.l, w, 3, batch, NULL, G[1]);
    Shape(0.5, off, mean[0], G[0]);
    for (int i = 0; i < P; i++) assert_true(fabs(G[0][i] - G[1][i]) < 1e-15);
    SgdLandscapeWholeGradients(k.plain, w, 0, N, each);
    SgdLandscapeSampleGradients(k.l, w, 1, v, along);
    SgdLandscapeSomeGradients(k.l, w, 1, v, 3, batch, some);
    for (int i = 0; i < N; i++) {
      double dot = 0;
      Shape(0.5, off, mean[0], each + i * P);
      for (int j = 0; j < P; j++) dot += v[j] * each[i * P + j];
      assert_true(fabs(dot - along[i]) < 1e-14);
      if (i == 7) assert_true(fabs(dot - some[1]) < 1e-14);
    }
    SgdLandscapeWholeGradients(k.l, w, 7, 8, all[1]);
    for (int i = 0; i < P; i++) assert_true(fabs(all[1][i] - each[7 * P + i]) < 1e-15);
    SgdLandscapeHessianApply(k.plain, w, v, h);
    SgdLandscapeBatchHessianApply(k.plain, w, 3, batch, v, H[0]);
    SgdLandscapeBatchHessianApply(k.l, w, 3, batch, v, H[1]);
    Shape(0.5, off, h, H[0]);
    for (int i = 0; i < P; i++) assert_true(fabs(H[0][i] - H[1][i]) < 1e-15);
    Drop(&k);
  }
}

/* x = mean + S (x - mean), S = 3 on u and 0.5 off it */
static void Amplify(const double *mean, double *x) {
  double along = 0;

  for (int i = 0; i < P; i++) along += u[i] * (x[i] - mean[i]);
  for (int i = 0; i < P; i++) x[i] = mean[i] + 0.5 * (x[i] - mean[i]) + 2.5 * along * u[i];
}

/* Three times the noise on one mode, half of it on the others, said either way round; variances of gradient and curvature along the
   mode, and along one across it. */
static void test_others(void **state) {
  static const char *const text[] = {"noise: {scale: 3, onto: [1], others: 0.5}\n",
                                     "noise: {scale: 0.5, off: [1], others: 3}\n"};
  static const double across[P] = {0.8, 0, -0.6}, basis[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  const PetscInt batch[] = {3, 7, 3};
  char all[512];

  (void)state;
  for (int form = 0; form < 2; form++)
    for (int t = 0; t < 2; t++) {
      const char *plain = form ? FORM : DATA;
      const double *mode = form ? basis : u, *other = form ? basis + 3 : across;
      Pair k;
      double mean[P], G[2][P], noise[2][3];
      PetscSNPrintf(all, sizeof all, "%s%s", plain, text[t]);
      Build(&k, plain, all, mode);
      for (int side = 0; side < 2; side++) {
        const double factor = side ? 0.25 : 9, *direction = side ? other : mode;
        SgdLandscapeModeNoise(k.plain, w, direction, &noise[0][0], &noise[0][1], &noise[0][2]);
        SgdLandscapeModeNoise(k.l, w, direction, &noise[1][0], &noise[1][1], &noise[1][2]);
        for (int j = 0; j < 3; j++)
          assert_true(fabs(noise[1][j] - factor * noise[0][j]) < 1e-13 * fabs(noise[1][j]) + 1e-15);
      }
      if (!form) {
        SgdLandscapeGradient(k.plain, w, NULL, mean);
        SgdLandscapeBatchGradient(k.plain, w, 3, batch, NULL, G[0]);
        SgdLandscapeBatchGradient(k.l, w, 3, batch, NULL, G[1]);
        Amplify(mean, G[0]);
        for (int i = 0; i < P; i++) assert_true(fabs(G[0][i] - G[1][i]) < 1e-14);
      }
      Drop(&k);
    }
}

/* A mode that is kept has alpha^2 of its noise, one that is taken out none; the curvature's too. */
static void test_modes(void **state) {
  static const char *const text[][2] = {{DATA, DATA "noise: {scale: 0.5, onto: [1]}\n"},
                                        {DATA, DATA "noise: {scale: 0.5, off: [1]}\n"},
                                        {FORM, FORM "noise: {scale: 0.5, onto: [1]}\n"},
                                        {FORM, FORM "noise: {scale: 0.5, off: [1]}\n"}};

  (void)state;
  for (int i = 0; i < 4; i++) {
    Pair k;
    double noise[2][3], C[2][9], g[3];
    const double factor = i % 2 ? 0 : 0.25;
    const double basis[9] = {1, 0, 0, 0, 1, 0, 0, 0, 1}, *mode = i < 2 ? u : basis;
    Build(&k, text[i][0], text[i][1], mode);
    SgdLandscapeModeNoise(k.plain, w, mode, &noise[0][0], &noise[0][1], &noise[0][2]);
    SgdLandscapeModeNoise(k.l, w, mode, &noise[1][0], &noise[1][1], &noise[1][2]);
    for (int j = 0; j < 3; j++) assert_true(fabs(noise[1][j] - factor * noise[0][j]) < 1e-14);
    if (i < 2) {
      Drop(&k);
      continue;
    }
    SgdLandscapePoint(k.l, w, 3, basis, NULL, g, C[1], NULL);
    SgdLandscapePoint(k.plain, w, 3, basis, NULL, g, C[0], NULL);
    assert_true(fabs(C[1][0] - factor * C[0][0]) < 1e-14);
    assert_true((fabs(C[1][4]) < 1e-14) == (i == 2) && fabs(C[1][1]) < 1e-14);
    Drop(&k);
  }
}

/* A law that is known through its characteristic function: phi at alpha q; its draws are pulled to the mean. */
static void test_law(void **state) {
  static const char plain[] = DATA "weights: {by: class}\n";
  const double q[] = {0.3, 2, -7}, half[] = {0.15, 1, -3.5};
  Pair k;
  double _Complex phi[2][3];
  double mean[P], G[2][P];
  PetscBool exact;
  SgdLandscapeDraw draw[2];

  (void)state;
  Build(&k, plain, DATA "weights: {by: class}\nnoise: 0.5\n", NULL);
  SgdLandscapeCharacteristic(k.plain, w, v, 3, half, phi[0], &exact);
  SgdLandscapeCharacteristic(k.l, w, v, 3, q, phi[1], &exact);
  assert_true(exact);
  for (int m = 0; m < 3; m++) assert_true(cabs(phi[0][m] - phi[1][m]) < 1e-15);
  SgdLandscapeGradient(k.plain, w, NULL, mean);
  for (int i = 0; i < 2; i++) {
    SgdLandscapeDrawCreate(i ? k.l : k.plain, 2, SGD_DRAW_WITH_REPLACEMENT, 1, &draw[i]);
    SgdLandscapeDrawGradient(draw[i], 4, 3, w, G[i]);
    SgdLandscapeDrawDestroy(&draw[i]);
  }
  for (int i = 0; i < P; i++) assert_true(fabs(mean[i] + 0.5 * (G[0][i] - mean[i]) - G[1][i]) < 1e-14);
  Drop(&k);
}

static void test_refused(void **state) {
  static const char *const text[][2] = {{FORM "noise: {scale: -1}\n", "must not be negative"},
                                        {FORM "noise: {onto: [4]}\n", "expected modes from 1 to 3"},
                                        {FORM "noise: {off: [1, 1]}\n", "is there twice"},
                                        {FORM "noise: {onto: [1], off: [2]}\n", "or those taken out"},
                                        {FORM "noise: {others: 1}\n", "give one of them"},
                                        {FORM "noise: {scale: 0, onto: [1], others: 1}\n", "as noise.off"},
                                        {FORM "noise: {others: -1, off: [1]}\n", "must not be negative"},
                                        {FORM "noise: {ontoo: [1]}\n", "onto"}};

  (void)state;
  for (size_t k = 0; k < sizeof text / sizeof *text; k++)
    ExpectRefused(PETSC_COMM_SELF, text[k][0], SGD_EXIT_CASE, text[k][1]);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_samples), cmocka_unit_test(test_others),
                                     cmocka_unit_test(test_modes), cmocka_unit_test(test_law),
                                     cmocka_unit_test(test_refused)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
