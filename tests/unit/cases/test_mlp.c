/* The network's kernels against differences of one another: gradient against central differences of the loss,
   Hessian-vector product against differences of the gradient, jets against both, for every activation and depth. */
#include "cases/networks/mlp.h"
#include "cases/base/random.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

enum { SAMPLES = 37, INPUTS = 5, CLASSES = 4, BLOCK = 16, MAX_P = 200 };

typedef struct {
  SgdMLP *m;
  int hidden, P, label[SAMPLES];
  double x[SAMPLES * INPUTS], w[MAX_P], v[2 * MAX_P];
} Fixture;

static void Build(Fixture *f, int hidden, SgdActivation activation) {
  const int widths[3][4] = {{INPUTS, CLASSES}, {INPUTS, 6, CLASSES}, {INPUTS, 7, 3, CLASSES}};

  f->hidden = hidden;
  f->m = SgdMLPCreate(hidden + 1, widths[hidden], activation, 0.03, BLOCK);
  assert_non_null(f->m);
  f->P = SgdMLPParameters(f->m);
  assert_true(f->P <= MAX_P);
  for (int i = 0; i < SAMPLES * INPUTS; i++) f->x[i] = SgdRandomNormal(1, 0, (uint64_t)i);
  for (int i = 0; i < SAMPLES; i++) f->label[i] = i % CLASSES;
  for (int i = 0; i < f->P; i++) f->w[i] = 0.7 * SgdRandomNormal(1, 1, (uint64_t)i);
  for (int i = 0; i < 2 * f->P; i++) f->v[i] = SgdRandomNormal(1, 2, (uint64_t)i);
}

static double Norm(int n, const double *a) {
  double sum = 0;
  for (int i = 0; i < n; i++) sum += a[i] * a[i];
  return sqrt(sum);
}

static double RelativeError(int n, const double *a, const double *b) {
  double e[MAX_P];
  for (int i = 0; i < n; i++) e[i] = a[i] - b[i];
  return Norm(n, e) / Norm(n, b);
}

static void ForEach(void (*check)(Fixture *, SgdActivation)) {
  Fixture f;
  for (int hidden = 0; hidden <= 2; hidden++)
    for (int activation = 0; SgdActivationNames[activation]; activation++) {
      Build(&f, hidden, (SgdActivation)activation);
      check(&f, (SgdActivation)activation);
      SgdMLPDestroy(f.m);
    }
}

static void CheckParameterCount(Fixture *f, SgdActivation activation) {
  const int expected[] = {4 * 6, 6 * 6 + 4 * 7, 7 * 6 + 3 * 8 + 4 * 4};

  (void)activation;
  assert_int_equal(f->P, expected[f->hidden]);
}

static void CheckGradient(Fixture *f, SgdActivation activation) {
  double g[MAX_P], difference[MAX_P], loss[2], at;
  const double h = 1e-5;

  (void)activation;
  SgdMLPGradient(f->m, f->w, SAMPLES, f->x, f->label, &at, g);
  assert_true(at > 0);
  for (int i = 0; i < f->P; i++) {
    for (int side = 0; side < 2; side++) {
      double w[MAX_P];
      memcpy(w, f->w, sizeof w);
      w[i] += side ? h : -h;
      SgdMLPGradient(f->m, w, SAMPLES, f->x, f->label, &loss[side], NULL);
    }
    difference[i] = (loss[1] - loss[0]) / (2 * h);
  }
  assert_true(RelativeError(f->P, g, difference) < 1e-8);
}

/* ReLU's gradient jumps at its kinks; at this step none is crossed for these samples. */
static void CheckHessian(Fixture *f, SgdActivation activation) {
  double hv[MAX_P], g[2][MAX_P], w[MAX_P], difference[MAX_P];
  const double h = 1e-6;

  (void)activation;
  SgdMLPHessianApply(f->m, f->w, f->v, SAMPLES, f->x, f->label, hv);
  for (int side = 0; side < 2; side++) {
    for (int i = 0; i < f->P; i++) w[i] = f->w[i] + (side ? h : -h) * f->v[i];
    SgdMLPGradient(f->m, w, SAMPLES, f->x, f->label, NULL, g[side]);
  }
  for (int i = 0; i < f->P; i++) difference[i] = (g[1][i] - g[0][i]) / (2 * h);
  assert_true(RelativeError(f->P, hv, difference) < 1e-8);
}

static void CheckSymmetry(Fixture *f, SgdActivation activation) {
  double a[MAX_P], b[MAX_P], uHv = 0, vHu = 0;
  const double *u = f->v + f->P;

  (void)activation;
  SgdMLPHessianApply(f->m, f->w, f->v, SAMPLES, f->x, f->label, a);
  SgdMLPHessianApply(f->m, f->w, u, SAMPLES, f->x, f->label, b);
  for (int i = 0; i < f->P; i++) uHv += u[i] * a[i], vHu += f->v[i] * b[i];
  assert_true(fabs(uHv - vHu) < 1e-12 * Norm(f->P, u) * Norm(f->P, a));
}

/* Every sample by itself: loss, slopes along both directions, curvature along the first. */
static void CheckJets(Fixture *f, SgdActivation activation) {
  double loss[SAMPLES], g[2 * SAMPLES], c[SAMPLES], one, gi[MAX_P], hv[MAX_P];

  (void)activation;
  SgdMLPDirectional(f->m, f->w, 2, f->v, SAMPLES, f->x, f->label, loss, g, c);
  for (int i = 0; i < SAMPLES; i++) {
    double slope[2] = {0, 0}, curvature = 0;
    SgdMLPGradient(f->m, f->w, 1, f->x + i * INPUTS, f->label + i, &one, gi);
    SgdMLPHessianApply(f->m, f->w, f->v, 1, f->x + i * INPUTS, f->label + i, hv);
    for (int k = 0; k < f->P; k++) {
      slope[0] += f->v[k] * gi[k];
      slope[1] += f->v[f->P + k] * gi[k];
      curvature += f->v[k] * hv[k];
    }
    assert_true(fabs(loss[i] - one) < 1e-12 * (1 + fabs(one)));
    for (int j = 0; j < 2; j++) assert_true(fabs(g[2 * i + j] - slope[j]) < 1e-12 * (1 + fabs(slope[j])) * 10);
    assert_true(fabs(c[i] - curvature) < 1e-12 * (1 + fabs(curvature)) * 10);
  }
}

static void test_parameter_count(void **state) {
  (void)state;
  ForEach(CheckParameterCount);
}
static void test_gradient_is_the_slope_of_the_loss(void **state) {
  (void)state;
  ForEach(CheckGradient);
}
static void test_hessian_product_is_the_slope_of_the_gradient(void **state) {
  (void)state;
  ForEach(CheckHessian);
}
static void test_hessian_is_symmetric(void **state) {
  (void)state;
  ForEach(CheckSymmetry);
}
static void test_jets_are_each_samples_slope_and_curvature(void **state) {
  (void)state;
  ForEach(CheckJets);
}

/* One layer, zero weights: every class is equally likely, so the loss is log(classes) a sample. */
static void test_zero_weights_give_log_classes(void **state) {
  Fixture f;
  double w[MAX_P] = {0}, loss;

  (void)state;
  Build(&f, 0, SGD_SILU);
  SgdMLPGradient(f.m, w, SAMPLES, f.x, f.label, &loss, NULL);
  assert_true(fabs(loss - SAMPLES * log(CLASSES)) < 1e-12 * SAMPLES);
  assert_int_equal(SgdMLPCorrect(f.m, w, SAMPLES, f.x, f.label), 10); /* labels i % 4 == 0 of 37 */
  SgdMLPDestroy(f.m);
}

/* exp(1000) overflows; the loss of a hopeless sample is the gap between the logits. */
static void test_large_logits_do_not_overflow(void **state) {
  const int width[] = {1, 2}, label[] = {0};
  const double w[] = {0.0, 1000.0, 0.0, 0.0}, x[] = {1.0};
  double loss, g[4];
  SgdMLP *m = SgdMLPCreate(1, width, SGD_RELU, 0.0, 4);

  (void)state;
  SgdMLPGradient(m, w, 1, x, label, &loss, g);
  assert_true(fabs(loss - 1000.0) < 1e-9 && fabs(g[0] + 1.0) < 1e-15 && fabs(g[1] - 1.0) < 1e-15);
  SgdMLPDestroy(m);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_parameter_count),
                                     cmocka_unit_test(test_gradient_is_the_slope_of_the_loss),
                                     cmocka_unit_test(test_hessian_product_is_the_slope_of_the_gradient),
                                     cmocka_unit_test(test_hessian_is_symmetric),
                                     cmocka_unit_test(test_jets_are_each_samples_slope_and_curvature),
                                     cmocka_unit_test(test_zero_weights_give_log_classes),
                                     cmocka_unit_test(test_large_logits_do_not_overflow)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
