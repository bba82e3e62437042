/* The transformer's kernels against differences of one another: gradient against central differences of the loss,
   Hessian-vector product against differences of the gradient and its own symmetry, directional derivatives against
   both, for several shapes; windows worked on together and one by one. */
#include "cases/networks/transformer.h"
#include "cases/base/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { WINDOWS = 7, BLOCK = 3, MAX_P = 2000, MAX_T = 6 };

static const SgdTransformerShape shapes[] = {
    {.vocabulary = 5,
     .context = 6,
     .width = 4,
     .heads = 2,
     .layers = 1,
     .hidden = 7,
     .activation = SGD_SILU,
     .l2 = .03},
    {.vocabulary = 4, .context = 5, .width = 4, .heads = 1, .layers = 2, .hidden = 5, .activation = SGD_TANH},
    {.vocabulary = 3, .context = 2, .width = 6, .heads = 3, .layers = 1, .hidden = 3, .activation = SGD_SILU}};
enum { SHAPES = sizeof shapes / sizeof *shapes };

typedef struct {
  SgdTransformer *m;
  SgdTransformerShape shape;
  int P, stride, token[WINDOWS * (MAX_T + 1)];
  double w[MAX_P], v[2 * MAX_P];
} Fixture;

static void ForEach(void (*check)(Fixture *)) {
  static Fixture f;

  for (int k = 0; k < SHAPES; k++) {
    f.shape = shapes[k];
    f.stride = f.shape.context; /* windows share their end with the next one's beginning */
    f.m = SgdTransformerCreate(&f.shape, BLOCK);
    assert_non_null(f.m);
    f.P = SgdTransformerParameters(&f.shape);
    assert_true(f.P <= MAX_P);
    for (int i = 0; i < WINDOWS * f.stride + 1; i++)
      f.token[i] = (int)(SgdRandomUniform(1, 0, (uint64_t)i) * f.shape.vocabulary);
    for (int i = 0; i < f.P; i++) f.w[i] = 0.8 * SgdRandomNormal(1, 1, (uint64_t)i);
    for (int i = 0; i < 2 * f.P; i++) f.v[i] = SgdRandomNormal(1, 2, (uint64_t)i) / sqrt(f.P);
    check(&f);
    SgdTransformerDestroy(f.m);
  }
}

static double RelativeError(int n, const double *a, const double *b) {
  double error = 0, norm = 0;

  for (int i = 0; i < n; i++) error += (a[i] - b[i]) * (a[i] - b[i]), norm += b[i] * b[i];
  return sqrt(error / norm);
}

static double Dot(int n, const double *a, const double *b) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * b[i];
  return sum;
}

/* E, S, layers of W_qkv, W_o, W_1, b_1, W_2, b_2, then U, c: counted by hand for the first shape. */
static void TestParameterCount(void **state) {
  (void)state;
  assert_int_equal(SgdTransformerParameters(&shapes[0]), 20 + 24 + (48 + 16 + 28 + 7 + 28 + 4) + 20 + 5);
}

static void CheckGradient(Fixture *f) {
  double g[MAX_P], difference[MAX_P], at[4], w[MAX_P], loss;
  const double h = 1e-4;

  SgdTransformerGradient(f->m, f->w, WINDOWS, f->token, f->stride, &loss, g);
  assert_true(loss > 0);
  for (int i = 0; i < f->P; i++) { /* fourth-order central difference */
    for (int k = 0; k < 4; k++) {
      memcpy(w, f->w, sizeof w);
      w[i] += h * (k < 2 ? k - 2 : k - 1);
      SgdTransformerGradient(f->m, w, WINDOWS, f->token, f->stride, &at[k], NULL);
    }
    difference[i] = (at[0] - 8 * at[1] + 8 * at[2] - at[3]) / (12 * h);
  }
  assert_true(RelativeError(f->P, g, difference) < 1e-8);
}

static void CheckHessianApply(Fixture *f) {
  double hv[MAX_P], hu[MAX_P], difference[MAX_P] = {0}, g[MAX_P], w[MAX_P];
  const double h = 2e-4, weight[] = {1, -8, 8, -1};
  const double *u = f->v + f->P;

  SgdTransformerHessianApply(f->m, f->w, f->v, WINDOWS, f->token, f->stride, hv);
  for (int k = 0; k < 4; k++) {
    for (int i = 0; i < f->P; i++) w[i] = f->w[i] + h * (k < 2 ? k - 2 : k - 1) * f->v[i];
    SgdTransformerGradient(f->m, w, WINDOWS, f->token, f->stride, NULL, g);
    for (int i = 0; i < f->P; i++) difference[i] += weight[k] * g[i] / (12 * h);
  }
  assert_true(RelativeError(f->P, hv, difference) < 1e-8);
  SgdTransformerHessianApply(f->m, f->w, u, WINDOWS, f->token, f->stride, hu);
  assert_true(fabs(Dot(f->P, u, hv) - Dot(f->P, f->v, hu)) < 1e-12 * sqrt(Dot(f->P, hv, hv)));
}

/* Per window: sums are those over all; one window's slope and curvature are V g and v.H v of that window. */
static void CheckDirectional(Fixture *f) {
  double loss[WINDOWS], g[2 * WINDOWS], c[WINDOWS], full[MAX_P], hv[MAX_P], one, total = 0, all;

  SgdTransformerDirectional(f->m, f->w, 2, f->v, WINDOWS, f->token, f->stride, loss, g, c);
  for (int i = 0; i < WINDOWS; i++) {
    const int *window = f->token + i * f->stride;
    SgdTransformerGradient(f->m, f->w, 1, window, f->stride, &one, full);
    SgdTransformerHessianApply(f->m, f->w, f->v, 1, window, f->stride, hv);
    assert_true(fabs(loss[i] - one) < 1e-13 * one);
    for (int j = 0; j < 2; j++) assert_true(fabs(g[2 * i + j] - Dot(f->P, f->v + j * f->P, full)) < 1e-13);
    assert_true(fabs(c[i] - Dot(f->P, f->v, hv)) < 1e-13);
    total += one;
  }
  SgdTransformerGradient(f->m, f->w, WINDOWS, f->token, f->stride, &all, NULL);
  assert_true(fabs(total - all) < 1e-13 * all);
}

/* S[T-1], the last position's own vector, may act on the last character's loss alone. Then its gradient, averaged over
   the V possible last characters with the probabilities that the network gives them, is that of log sum p_t = 0 (and of
   the penalty). Were an earlier position to see it, a share that does not depend on the last character would remain. */
static void CheckCausal(Fixture *f) {
  const int T = f->shape.context, D = f->shape.width, V = f->shape.vocabulary;
  double g[MAX_P], mean[MAX_P] = {0}, sum = 0, loss, other;
  int window[MAX_T + 1];

  for (int t = 0; t < V; t++) {
    memcpy(window, f->token, sizeof(int) * (size_t)(T + 1));
    window[T] = t;
    SgdTransformerGradient(f->m, f->w, 1, window, 0, &loss, g);
    window[T] = 0;
    SgdTransformerGradient(f->m, f->w, 1, window, 0, &other, NULL);
    const double p = exp(-T * (loss - other)); /* p_t / p_0: the other positions' loss cancels */
    sum += p;
    for (int k = 0; k < D; k++) mean[k] += p * g[V * D + (T - 1) * D + k];
  }
  for (int k = 0; k < D; k++) assert_true(fabs(mean[k] / sum - f->shape.l2 * f->w[V * D + (T - 1) * D + k]) < 1e-13);
}

static void CheckCorrect(Fixture *f) {
  const int T = f->shape.context, V = f->shape.vocabulary;
  double w[MAX_P] = {0};
  int expected = 0;

  w[f->P - V + 1] = 1; /* the bias of character 1 alone: it is always predicted */
  for (int i = 0; i < WINDOWS; i++)
    for (int t = 1; t <= T; t++) expected += f->token[i * f->stride + t] == 1;
  assert_int_equal(SgdTransformerCorrect(f->m, w, WINDOWS, f->token, f->stride), expected);
}

static void TestGradient(void **state) {
  (void)state;
  ForEach(CheckGradient);
}
static void TestHessianApply(void **state) {
  (void)state;
  ForEach(CheckHessianApply);
}
static void TestDirectional(void **state) {
  (void)state;
  ForEach(CheckDirectional);
}
static void TestCausal(void **state) {
  (void)state;
  ForEach(CheckCausal);
}
static void TestCorrect(void **state) {
  (void)state;
  ForEach(CheckCorrect);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(TestParameterCount), cmocka_unit_test(TestGradient),
                                     cmocka_unit_test(TestHessianApply),   cmocka_unit_test(TestDirectional),
                                     cmocka_unit_test(TestCausal),         cmocka_unit_test(TestCorrect)};

  return cmocka_run_group_tests(tests, NULL, NULL);
}
