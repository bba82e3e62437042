/* The copies of an inner loop, one an instruction set, agree to rounding with the one for any processor. */
#include "cases/base/instruction_set.h"
#include "cases/base/random.h"
#include "cases/networks/mlp_batch.h"
#include "cases/networks/mlpimpl.h"
#include "cases/noise/batch_law.h"
#include "operators/nufft/spreading.h"
#include "operators/push_forward/gaussian_splat.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#ifdef __SANITIZE_ADDRESS__
#define FUSED 0
#else
#define FUSED 1
#endif

enum { MOST = 40000 };
typedef int (*Compute)(double *result); /* how many numbers */

static double Normal(int stream, int i) {
  return SgdRandomNormal(5, (uint64_t)stream, (uint64_t)i);
}

/* Every set against the baseline. The wider ones fuse products and sums, so bits that differ tell that other code did run;
   the sanitizers' build (-O1) fuses nothing. */
static void Compare(Compute compute, double tolerance) {
  static double baseline[MOST], other[MOST];
  const SgdInstructionSet widest = SgdInstructionSetWidest();
  double largest = 0;

  SgdInstructionSetForce(SGD_BASELINE);
  const int n = compute(baseline);
  assert_true(n > 0 && n <= MOST);
  for (int i = 0; i < n; i++) largest = fmax(largest, fabs(baseline[i]));
  assert_true(largest > 0);
  for (int set = SGD_AVX2; set <= (int)widest; set++) {
    SgdInstructionSetForce((SgdInstructionSet)set);
    assert_int_equal(SgdInstructionSetUsed(), set);
    assert_int_equal(compute(other), n);
    if (FUSED) assert_memory_not_equal(baseline, other, (size_t)n * sizeof *other);
    for (int i = 0; i < n; i++) assert_true(fabs(other[i] - baseline[i]) <= tolerance * largest);
  }
}

/* Sources of width w spread onto a grid of 40 a side, and the same read back. */
static int Spreading(double *result, int dim, int width) {
  enum { SIDE = 40, SOURCES = 100 };
  SgdSpreading s = {.dim = dim};
  double place[3][SOURCES], mass[SOURCES];
  const double *u[3] = {place[0], place[1], place[2]};
  int points = SIDE;

  for (int a = 0, stride = 1; a < dim; a++, stride *= SIDE) {
    SgdEsKernelFit(&s.kernel[a], width, 2.3 * width, 1e-13);
    s.stride[a] = stride;
    if (a) points *= SIDE;
    for (int i = 0; i < SOURCES; i++) place[a][i] = 10 + 14 * SgdRandomUniform(5, (uint64_t)a, (uint64_t)i);
  }
  for (int i = 0; i < SOURCES; i++) mass[i] = Normal(3, i);
  double *grid = calloc((size_t)points + 32, sizeof *grid);
  SgdSpread(&s, SOURCES, u, mass, grid);
  SgdInterpolate(&s, SOURCES, u, grid, result);
  memcpy(result + SOURCES, grid, sizeof *grid * (size_t)(points < MOST - SOURCES ? points : MOST - SOURCES));
  free(grid);
  return points < MOST - SOURCES ? points + SOURCES : MOST;
}

static int Spreading1(double *result) {
  return Spreading(result, 1, 13);
}
static int Spreading2(double *result) {
  return Spreading(result, 2, 7);
}
static int Spreading3(double *result) {
  return Spreading(result, 3, 10);
}

static int Splat(double *result) {
  const double T[3] = {4.3, -2.2, 9.7}, S[6] = {9, 2, -1, 7, 1.5, 5};
  SgdGaussianSplat s = {0};

  assert_int_equal(SgdGaussianSplatFill(&s, 3, T, S, 6.0), 0);
  const int n = s.offset[s.runs - 1] + s.length[s.runs - 1];
  memcpy(result, s.weight, sizeof *result * (size_t)(n < MOST ? n : MOST));
  SgdGaussianSplatFree(&s);
  return n < MOST ? n : MOST;
}

static int Gradient(double *result) {
  enum { SAMPLES = 45, INPUTS = 13, HIDDEN = 19, CLASSES = 5, P = HIDDEN * (INPUTS + 1) + CLASSES * (HIDDEN + 1) };
  const int width[] = {INPUTS, HIDDEN, CLASSES};
  SgdMLPBatch *m = SgdMLPBatchCreate(2, width, SGD_TANH, 0.02, 64);
  static double x[SAMPLES * INPUTS], w[P];
  const double *row[SAMPLES];
  int label[SAMPLES];

  for (int i = 0; i < SAMPLES * INPUTS; i++) x[i] = Normal(0, i);
  for (int i = 0; i < P; i++) w[i] = 0.6 * Normal(1, i);
  for (int i = 0; i < SAMPLES; i++) row[i] = x + i * INPUTS, label[i] = i % CLASSES;
  SgdMLPBatchGradient(m, w, SAMPLES, row, label, result + P, result);
  SgdMLPBatchDestroy(m);
  return P + 1;
}

static int Law(double *result) {
  enum { N = 200, MODES = 33 };
  const double q[2] = {0.1, -0.2}, dq[2] = {1.3, 0.4};
  double c[2 * N];
  double _Complex phi[2 * MODES];

  for (int i = 0; i < 2 * N; i++) c[i] = Normal(2, i);
  SgdBatchLawWithReplacement(N, 2, c, 8, q, dq, MODES, phi);
  assert_int_equal(SgdBatchLawWithoutReplacement(N, 2, c, 8, q, dq, MODES, phi + MODES), 0);
  memcpy(result, phi, sizeof phi);
  return 4 * MODES;
}

static void test_spreading(void **state) {
  (void)state;
  Compare(Spreading1, 1e-14);
  Compare(Spreading2, 1e-14);
  Compare(Spreading3, 1e-14);
}

static void test_splat(void **state) {
  (void)state;
  Compare(Splat, 1e-13);
}

static void test_gradient(void **state) {
  (void)state;
  Compare(Gradient, 1e-13);
}

static void test_batch_law(void **state) {
  (void)state;
  Compare(Law, 1e-12);
}

/* More samples than are taken together, some logits far apart. */
static int Softmax(double *result) {
  enum { SAMPLES = 300, CLASSES = 7 };
  int label[SAMPLES];

  for (int i = 0; i < SAMPLES * CLASSES; i++) result[i] = (i % 5 ? 3 : 300) * Normal(7, i);
  for (int i = 0; i < SAMPLES; i++) label[i] = (3 * i) % CLASSES;
  result[SAMPLES * (CLASSES + 1)] = SgdMLPSoftmax(SAMPLES, CLASSES, label, result, result + SAMPLES * CLASSES);
  return SAMPLES * (CLASSES + 1) + 1;
}

static void test_softmax(void **state) {
  double logit[6] = {1000, 998, 997, 0, NAN, 1}, loss[2];
  const int label[2] = {1, 0};
  const double sum = 1 + exp(-2) + exp(-3);

  (void)state;
  Compare(Softmax, 1e-13);
  for (int set = SGD_BASELINE; set <= (int)SgdInstructionSetWidest(); set++) { /* and what is not a number stays none */
    double z[6];
    SgdInstructionSetForce((SgdInstructionSet)set);
    memcpy(z, logit, sizeof z);
    SgdMLPSoftmax(2, 3, label, z, loss);
    assert_true(fabs(z[0] - 1 / sum) + fabs(z[1] - exp(-2) / sum) < 1e-15 && fabs(loss[0] - log(sum) - 2) < 1e-14);
    assert_true(isnan(loss[1]));
  }
}

/* The environment variable takes no more than there is, and the choice has a name. */
static void test_force(void **state) {
  (void)state;
  SgdInstructionSetForce(SGD_INSTRUCTION_SETS);
  assert_int_equal(SgdInstructionSetUsed(), SgdInstructionSetWidest());
  assert_true(strlen(SgdInstructionSetWords()) > 0 && strlen(SgdProcessor()) > 0);
  SgdInstructionSetForce(SGD_BASELINE);
  assert_int_equal(SgdInstructionSetUsed(), SGD_BASELINE);
}

int main(void) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_spreading), cmocka_unit_test(test_splat),
                                     cmocka_unit_test(test_gradient),  cmocka_unit_test(test_batch_law),
                                     cmocka_unit_test(test_softmax),   cmocka_unit_test(test_force)};
  return cmocka_run_group_tests(tests, NULL, NULL);
}
