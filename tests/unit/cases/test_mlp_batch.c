/* The kernels for single batches of narrow networks against their plain twin, for every activation, depth and odd
   sizes; whole gradients of single samples against the sum. */
#include "cases/networks/mlp.h"
#include "cases/networks/mlp_batch.h"
#include "cases/base/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SAMPLES = 45, INPUTS = 13, CLASSES = 5, MAX_P = 1000 };

static double x[SAMPLES * INPUTS], w[MAX_P];
static int label[SAMPLES];
static const double *row[SAMPLES];

static void Fill(void) {
  for (int i = 0; i < SAMPLES * INPUTS; i++) x[i] = SgdRandomNormal(1, 0, (uint64_t)i);
  for (int i = 0; i < MAX_P; i++) w[i] = 0.6 * SgdRandomNormal(1, 1, (uint64_t)i);
  for (int i = 0; i < SAMPLES; i++) {
    row[i] = x + (size_t)((i * 7) % SAMPLES) * INPUTS; /* another order than the rows lie in */
    label[i] = ((i * 7) % SAMPLES) % CLASSES;
  }
}

static double Distance(int n, const double *a, const double *b) {
  double worst = 0;
  for (int i = 0; i < n; i++) worst = fmax(worst, fabs(a[i] - b[i]));
  return worst;
}

static void CheckTwin(int layers, const int *width, SgdActivation activation, int n) {
  SgdMLP *plain = SgdMLPCreate(layers, width, activation, 0.02, 64);
  SgdMLPBatch *fast = SgdMLPBatchCreate(layers, width, activation, 0.02, 64);
  double g[MAX_P], expected[MAX_P], loss, loss_expected, gathered[SAMPLES * INPUTS];

  assert_true(plain && fast && SgdMLPParameters(plain) <= MAX_P);
  for (int i = 0; i < n; i++) memcpy(gathered + (size_t)i * INPUTS, row[i], INPUTS * sizeof *x);
  SgdMLPGradient(plain, w, n, gathered, label, &loss_expected, expected);
  SgdMLPBatchGradient(fast, w, n, row, label, &loss, g);
  assert_true(fabs(loss - loss_expected) < 1e-11 * fabs(loss_expected));
  assert_true(Distance(SgdMLPParameters(plain), g, expected) < 1e-12 * n);
  SgdMLPDestroy(plain);
  SgdMLPBatchDestroy(fast);
}

static void test_twin(void **state) {
  const int widths[3][4] = {{INPUTS, CLASSES}, {INPUTS, 11, CLASSES}, {INPUTS, 8, 17, CLASSES}};

  (void)state;
  Fill();
  for (int depth = 0; depth < 3; depth++)
    for (int activation = 0; SgdActivationNames[activation]; activation++)
      for (int n = 1; n <= SAMPLES; n += 11) CheckTwin(depth + 1, widths[depth], (SgdActivation)activation, n);
}

/* A logit far below the others: its probability vanishes, nothing becomes infinite. */
static void test_extreme_logits(void **state) {
  const int width[] = {1, 2};
  const double far[] = {2000, -2000, 0, 0}, one = 1, *const rows[] = {&one};
  const int labels[] = {1};
  SgdMLPBatch *m = SgdMLPBatchCreate(1, width, SGD_SILU, 0, 4);
  double loss, g[4];

  (void)state;
  SgdMLPBatchGradient(m, far, 1, rows, labels, &loss, g);
  assert_true(fabs(loss - 4000) < 1e-9 && fabs(g[0] - 1) < 1e-12 && fabs(g[1] + 1) < 1e-12);
  SgdMLPBatchDestroy(m);
}

static void test_sample_gradients(void **state) {
  const int width[] = {INPUTS, 6, CLASSES};
  SgdMLP *m = SgdMLPCreate(2, width, SGD_TANH, 0.02, 16);
  const int P = SgdMLPParameters(m);
  double *each = malloc((size_t)SAMPLES * (size_t)P * sizeof *each), alone[MAX_P];
  int own[SAMPLES];

  (void)state;
  Fill();
  for (int i = 0; i < SAMPLES; i++) own[i] = i % CLASSES;
  SgdMLPSampleGradients(m, w, SAMPLES, x, own, each);
  for (int i = 0; i < SAMPLES; i++) {
    SgdMLPGradient(m, w, 1, x + (size_t)i * INPUTS, own + i, NULL, alone);
    assert_true(Distance(P, alone, each + (size_t)i * (size_t)P) < 1e-12);
  }
  free(each);
  SgdMLPDestroy(m);
}

static void test_suits_narrow_layers_only(void **state) {
  const int narrow[] = {784, 32, 10}, wide[] = {784, 512, 10};

  (void)state;
  assert_true(SgdMLPBatchSuits(2, narrow));
  assert_false(SgdMLPBatchSuits(2, wide));
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_twin), cmocka_unit_test(test_extreme_logits),
                                     cmocka_unit_test(test_sample_gradients),
                                     cmocka_unit_test(test_suits_narrow_layers_only)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
