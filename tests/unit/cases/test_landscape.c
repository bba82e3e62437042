/* Landscapes on data, through the public calls: the same bits on any number of ranks, statistics against brute force
   over the samples, and the errors of a wrong section. */
#include "landscape_fixture.h"
#include "cases/base/random.h"
#include <math.h>

#define DATA "data: {source: synthetic, samples: 203, features: 6, classes: 3, seed: 2}"

static const char *const sections[] = {"landscape: {family: mlp, hidden: [5], activation: tanh, l2: 0.02, " DATA "}\n",
                                       "landscape: {family: mlp, hidden: [4, 3], " DATA "}\n",
                                       "landscape: {family: softmax, l2: 0.1, " DATA "}\n"};
enum { SECTIONS = 3, N = 203, MAX_P = 200 };

typedef struct {
  SgdCase c;
  SgdLandscape l;
  PetscInt P;
  double w[MAX_P], V[2 * MAX_P]; /* V: two orthonormal rows */
} Fixture;

static void Orthonormalise(PetscInt P, double *V) {
  for (int row = 0; row < 2; row++) {
    double *v = V + row * P, norm = 0;
    for (PetscInt i = 0; i < P; i++) v[i] = SgdRandomNormal(3, 7, (uint64_t)(row * P + i));
    if (row) {
      double dot = 0;
      for (PetscInt i = 0; i < P; i++) dot += v[i] * V[i];
      for (PetscInt i = 0; i < P; i++) v[i] -= dot * V[i];
    }
    for (PetscInt i = 0; i < P; i++) norm += v[i] * v[i];
    for (PetscInt i = 0; i < P; i++) v[i] /= sqrt(norm);
  }
}

static void Build(Fixture *f, MPI_Comm comm, const char *section) {
  f->c = OpenText(comm, section);
  assert_int_equal(SgdLandscapeCreate(f->c, &f->l), 0);
  f->P = SgdLandscapeDimension(f->l);
  assert_true(f->P <= MAX_P);
  assert_int_equal(SgdLandscapeStart(f->l, 1, f->w), 0);
  Orthonormalise(f->P, f->V);
}

static void Drop(Fixture *f) {
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
}

static void ForEach(void (*check)(Fixture *)) {
  for (int k = 0; k < SECTIONS; k++) {
    Fixture f;
    Build(&f, PETSC_COMM_WORLD, sections[k]);
    assert_int_equal(SgdLandscapeSamples(f.l), N);
    check(&f);
    Drop(&f);
  }
}

/* The contract of landscape_sum.c, done serially: 16 parts, added in their order. */
static void CheckSameBitsAsSerialSum(Fixture *f) {
  double loss, g[MAX_P], hv[MAX_P], total = 0, sum[MAX_P] = {0}, hsum[MAX_P] = {0}, part, vector[MAX_P];

  for (int b = 0; b < 16; b++) {
    f->l->ops->gradient(f->l, f->w, N * b / 16, N * (b + 1) / 16, &part, vector);
    total += part;
    for (PetscInt i = 0; i < f->P; i++) sum[i] += vector[i];
    f->l->ops->hessian_apply(f->l, f->w, f->V, N * b / 16, N * (b + 1) / 16, vector);
    for (PetscInt i = 0; i < f->P; i++) hsum[i] += vector[i];
  }
  assert_int_equal(SgdLandscapeGradient(f->l, f->w, &loss, g), 0);
  assert_int_equal(SgdLandscapeHessianApply(f->l, f->w, f->V, hv), 0);
  assert_true(loss == total / N);
  for (PetscInt i = 0; i < f->P; i++) assert_true(g[i] == sum[i] / N && hv[i] == hsum[i] / N);
  assert_int_equal(SgdLandscapeGradient(f->l, f->w, &part, NULL), 0);
  assert_true(part == loss);
  assert_int_equal(SgdLandscapeGradient(f->l, f->w, NULL, vector), 0);
  assert_memory_equal(vector, g, (size_t)f->P * sizeof *g);
}

/* A batch of all samples is the mean; a batch is the mean of its members, repetitions included. */
static void CheckBatchGradient(Fixture *f) {
  PetscInt all[N], some[] = {5, 17, 5};
  double g[MAX_P], full[MAX_P], one[MAX_P], two[MAX_P], loss, mean;

  for (PetscInt i = 0; i < N; i++) all[i] = i;
  assert_int_equal(SgdLandscapeBatchGradient(f->l, f->w, N, all, &loss, g), 0);
  assert_int_equal(SgdLandscapeGradient(f->l, f->w, &mean, full), 0);
  assert_true(fabs(loss - mean) < 1e-13);
  for (PetscInt i = 0; i < f->P; i++) assert_true(fabs(g[i] - full[i]) < 1e-13);
  assert_int_equal(SgdLandscapeBatchGradient(f->l, f->w, 3, some, NULL, g), 0);
  assert_int_equal(SgdLandscapeBatchGradient(f->l, f->w, 1, some, NULL, one), 0);
  assert_int_equal(SgdLandscapeBatchGradient(f->l, f->w, 1, some + 1, NULL, two), 0);
  for (PetscInt i = 0; i < f->P; i++) assert_true(fabs(g[i] - (2 * one[i] + two[i]) / 3) < 1e-13);
}

static double Dot(PetscInt P, const double *a, const double *b) {
  double sum = 0;
  for (PetscInt i = 0; i < P; i++) sum += a[i] * b[i];
  return sum;
}

/* Mean, covariance and what is outside, from the whole gradients of the samples one by one. */
static void CheckPoint(Fixture *f) {
  double gi[2 * N], sampled[2 * N], full[MAX_P], one[MAX_P], g[2], C[4], loss, mean, outside, expected, inside[2];

  for (PetscInt i = 0; i < N; i++) {
    assert_int_equal(SgdLandscapeBatchGradient(f->l, f->w, 1, &i, NULL, one), 0);
    for (int j = 0; j < 2; j++) gi[2 * i + j] = Dot(f->P, f->V + j * f->P, one);
  }
  assert_int_equal(SgdLandscapePoint(f->l, f->w, 2, f->V, &loss, g, C, &outside), 0);
  assert_int_equal(SgdLandscapeSampleGradients(f->l, f->w, 2, f->V, sampled), 0);
  assert_int_equal(SgdLandscapeGradient(f->l, f->w, &mean, full), 0);
  for (int k = 0; k < 2 * N; k++) assert_true(fabs(sampled[k] - gi[k]) < 1e-12);
  for (int j = 0; j < 2; j++) {
    inside[j] = Dot(f->P, f->V + j * f->P, full);
    assert_true(fabs(g[j] - inside[j]) < 1e-13);
    for (int k = 0; k < 2; k++) {
      double c = 0;
      for (int i = 0; i < N; i++) c += (gi[2 * i + j] - g[j]) * (gi[2 * i + k] - g[k]) / N;
      assert_true(fabs(C[2 * j + k] - c) < 1e-13 * (1 + fabs(c)));
    }
  }
  expected = sqrt(Dot(f->P, full, full) - inside[0] * inside[0] - inside[1] * inside[1]);
  assert_true(fabs(loss - mean) < 1e-13);
  assert_true(fabs(outside - expected) < 1e-12);
}

/* D1, Gamma1 and their covariance from the samples' own gradients and Hessians. */
static void CheckModeNoise(Fixture *f) {
  double D, Gamma, cov, a[N], b[N], one[MAX_P], ma = 0, mb = 0, e[3] = {0};

  for (PetscInt i = 0; i < N; i++) {
    f->l->ops->gradient(f->l, f->w, i, i + 1, NULL, one);
    ma += (a[i] = Dot(f->P, f->V, one)) / N;
    f->l->ops->hessian_apply(f->l, f->w, f->V, i, i + 1, one);
    mb += (b[i] = Dot(f->P, f->V, one)) / N;
  }
  for (int i = 0; i < N; i++) {
    e[0] += (a[i] - ma) * (a[i] - ma) / N;
    e[1] += (b[i] - mb) * (b[i] - mb) / N;
    e[2] += (a[i] - ma) * (b[i] - mb) / N;
  }
  assert_int_equal(SgdLandscapeModeNoise(f->l, f->w, f->V, &D, &Gamma, &cov), 0);
  assert_true(e[0] > 0 && fabs(D - e[0]) < 1e-12 * e[0]);
  assert_true(e[1] > 0 && fabs(Gamma - e[1]) < 1e-12 * e[1]);
  assert_true(fabs(cov - e[2]) < 1e-12 * sqrt(e[0] * e[1]));
}

/* Not known in closed form: Gaussian with the variance D1, and said to be inexact. */
static void CheckCharacteristic(Fixture *f) {
  const double q[] = {0, 0.5, 3};
  double _Complex phi[3];
  double D, Gamma, cov;
  PetscBool exact;

  assert_int_equal(SgdLandscapeCharacteristic(f->l, f->w, f->V, 3, q, phi, &exact), 0);
  assert_int_equal(SgdLandscapeModeNoise(f->l, f->w, f->V, &D, &Gamma, &cov), 0);
  assert_false(exact);
  for (int m = 0; m < 3; m++) assert_true(cabs(phi[m] - exp(-q[m] * q[m] * D / 2)) < 1e-13);
}

/* The exact variance of a batch mean over all 203 x 203 and all 203 x 202 ordered pairs of samples. */
static void CheckBatchFactor(Fixture *f) {
  double gi[N], g, C1, with = 0, without = 0;

  assert_int_equal(SgdLandscapePoint(f->l, f->w, 1, f->V, NULL, &g, &C1, NULL), 0);
  assert_int_equal(SgdLandscapeSampleGradients(f->l, f->w, 1, f->V, gi), 0);
  for (int i = 0; i < N; i++)
    for (int j = 0; j < N; j++) {
      const double square = pow((gi[i] + gi[j]) / 2 - g, 2);
      with += square / (N * N);
      without += i == j ? 0 : square / (N * (N - 1));
    }
  assert_true(fabs(C1 * SgdLandscapeBatchFactor(f->l, 2, SGD_WITH_REPLACEMENT) / with - 1) < 1e-11);
  assert_true(fabs(C1 * SgdLandscapeBatchFactor(f->l, 2, SGD_WITHOUT_REPLACEMENT) / without - 1) < 1e-11);
  assert_true(SgdLandscapeBatchFactor(f->l, N, SGD_WITHOUT_REPLACEMENT) == 0);
}

#define FOR_EACH(name, check)                                                                                          \
  static void name(void **state) {                                                                                     \
    (void)state;                                                                                                       \
    ForEach(check);                                                                                                    \
  }
FOR_EACH(test_sums_do_not_depend_on_ranks, CheckSameBitsAsSerialSum)
FOR_EACH(test_batch_gradient, CheckBatchGradient)
FOR_EACH(test_point_against_samples, CheckPoint)
FOR_EACH(test_mode_noise_against_samples, CheckModeNoise)
FOR_EACH(test_characteristic_is_gaussian, CheckCharacteristic)
FOR_EACH(test_batch_factor_against_pairs, CheckBatchFactor)

/* The sum of losses of the samples [first, last), with what is common to all in each. */
static double SumOfLosses(SgdLandscape l, const double *w, PetscInt first, PetscInt last) {
  double loss, common = 0;

  l->ops->gradient(l, w, first, last, &loss, NULL);
  SgdLandscapeAddCommon(l, w, &common, NULL);
  return loss + common * (double)(last - first);
}

/* Samples held out are the same as those at the end of a landscape that holds none out, and nobody trains on them. */
static void HoldOut(const char *held, const char *all, PetscInt test) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, held), d = OpenText(PETSC_COMM_WORLD, all);
  SgdLandscapeLosses losses;
  SgdLandscape l, whole;
  double *w;

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(SgdLandscapeCreate(d, &whole), 0);
  const PetscInt rest = SgdLandscapeSamples(l);
  assert_int_equal(SgdLandscapeTestSamples(l), test);
  assert_int_equal(SgdLandscapeSamples(whole), rest + test);
  assert_int_equal(PetscMalloc1(SgdLandscapeDimension(l), &w), 0);
  assert_int_equal(SgdLandscapeStart(l, 3, w), 0);
  assert_int_equal(SgdLandscapeTest(l, w, &losses), 0);
  assert_true(fabs(losses.training - SumOfLosses(whole, w, 0, rest) / (double)rest) < 1e-13);
  assert_true(fabs(losses.test - SumOfLosses(whole, w, rest, rest + test) / (double)test) < 1e-13);
  assert_true(fabs(losses.test - losses.training) > 1e-6);
  assert_true(losses.accuracy >= 0 && losses.accuracy <= 1);
  assert_int_equal(PetscFree(w), 0);
  assert_int_equal(SgdLandscapeDestroy(&l) || SgdLandscapeDestroy(&whole), 0);
  assert_int_equal(SgdCaseClose(&c) || SgdCaseClose(&d), 0);
}

static void test_samples_held_out(void **state) {
  (void)state;
#define HELD(more) "landscape: {family: mlp, hidden: [3], data: {source: synthetic, samples: 40, scale: 1" more "}}\n"
  HoldOut(HELD(", test: 10"), HELD(), 10);
  HoldOut(HELD(", limit: 20, test: 5"), HELD(", limit: 25"), 5);
#define WINDOWS(more) "landscape: {family: transformer, context: 8, width: 4, heads: 1, hidden: 4" more "}\n"
  HoldOut(WINDOWS(", limit: 30, test: 7"), WINDOWS(", limit: 37"), 7);
}

/* Weights scatter as He and Glorot say, biases are 0, and both seeds matter. */
static void test_start(void **state) {
  Fixture f;
  double other[MAX_P * 100], *w, sum[2] = {0};

  (void)state;
  f.c =
      OpenText(PETSC_COMM_WORLD, "landscape: {family: mlp, hidden: [300], data: {source: synthetic, features: 50}}\n");
  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.P = SgdLandscapeDimension(f.l);
  assert_int_equal(f.P, 300 * 51 + 4 * 301);
  assert_int_equal(PetscMalloc1(f.P, &w), 0);
  SgdLandscapeStart(f.l, 1, w);
  SgdLandscapeStart(f.l, 2, other);
  assert_true(w[0] != other[0]);
  for (int i = 0; i < 15000; i++) sum[0] += w[i] * w[i] / 15000;
  for (int i = 15300; i < 16500; i++) sum[1] += w[i] * w[i] / 1200;
  assert_true(fabs(sum[0] / (2. / 50) - 1) < 5 * sqrt(2. / 15000));
  assert_true(fabs(sum[1] / (2. / 304) - 1) < 5 * sqrt(2. / 1200));
  for (int i = 15000; i < 15300; i++) assert_true(w[i] == 0);
  assert_int_equal(PetscFree(w), 0);
  Drop(&f);
}

/* PyTorch's: all of a layer's numbers within 1/sqrt(in), biases too, and spread evenly: variance 1/(3 in). */
static void test_pytorch_start(void **state) {
  Fixture f;
  double *w, sum[2] = {0, 0};

  (void)state;
  f.c = OpenText(PETSC_COMM_WORLD, "landscape: {family: mlp, hidden: [300], initialization: pytorch, "
                                   "data: {source: synthetic, features: 50}}\n");
  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  f.P = SgdLandscapeDimension(f.l);
  assert_int_equal(PetscMalloc1(f.P, &w), 0);
  SgdLandscapeStart(f.l, 1, w);
  for (int i = 0; i < f.P; i++) {
    const int second = i >= 300 * 51, in = second ? 300 : 50;
    assert_true(fabs(w[i]) < 1 / sqrt(in) && w[i] != 0);
    sum[second] += w[i] * w[i] * 3 * in / (second ? 4 * 301 : 300 * 51);
  }
  for (int k = 0; k < 2; k++) assert_true(fabs(sum[k] - 1) < 5 * sqrt(0.8 / (k ? 4 * 301 : 300 * 51)));
  assert_int_equal(PetscFree(w), 0);
  Drop(&f);
}

/* Diagonal K and C0: what the wrappers pass on, worked out by hand. */
static void test_closed_form(void **state) {
  Fixture f;
  const double w[] = {2, -1}, V[] = {0.6, 0.8};
  double g, C1, loss, outside;

  (void)state;
  f.c = OpenText(PETSC_COMM_WORLD, "landscape: {family: quadratic, eigenvalues: [3, 1], gradient_noise: [4, 9]}\n");
  assert_int_equal(SgdLandscapeCreate(f.c, &f.l), 0);
  assert_int_equal(SgdLandscapePoint(f.l, w, 1, V, &loss, &g, &C1, &outside), 0);
  assert_true(fabs(loss - 6.5) < 1e-14 && fabs(g - (0.6 * 6 - 0.8)) < 1e-14);
  assert_true(fabs(C1 - (0.36 * 4 + 0.64 * 9)) < 1e-14 && fabs(outside - (0.8 * 6 + 0.6)) < 1e-14);
  assert_true(SgdLandscapeBatchFactor(f.l, 8, SGD_WITHOUT_REPLACEMENT) == 0.125);
  Drop(&f);
}

static void test_wrong_sections(void **state) {
  (void)state;
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: sofmax}\n", SGD_EXIT_CASE, "softmax");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {l2: 1}\n", SGD_EXIT_CASE, "landscape.family");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, hiden: [3]}\n", SGD_EXIT_CASE, "hidden");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: softmax, hidden: [3]}\n", SGD_EXIT_CASE, "hidden");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, hidden: [0], " DATA "}\n", SGD_EXIT_CASE,
                "landscape.hidden");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, hidden: [1000000, 1000000], " DATA "}\n", SGD_EXIT_CASE,
                "too many");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, activation: swish, " DATA "}\n", SGD_EXIT_CASE, "silu");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, l2: -1, " DATA "}\n", SGD_EXIT_CASE, "landscape.l2");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: cvs}}\n", SGD_EXIT_CASE, "csv");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: csv}}\n", SGD_EXIT_CASE,
                "landscape.data.file");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: csv, file: no.csv}}\n", SGD_EXIT_FILES,
                "no.csv");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: synthetic, samples: 40, test: 40}}\n",
                SGD_EXIT_CASE, "of 40 samples, 40 cannot be held out");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: digits, test: -1}}\n", SGD_EXIT_CASE,
                "landscape.data.test");
  ExpectRefused(PETSC_COMM_WORLD, "landscape: {family: mlp, data: {source: digits, limit: -1}}\n", SGD_EXIT_CASE,
                "landscape.data.limit");
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums_do_not_depend_on_ranks),
                                     cmocka_unit_test(test_batch_gradient),
                                     cmocka_unit_test(test_point_against_samples),
                                     cmocka_unit_test(test_mode_noise_against_samples),
                                     cmocka_unit_test(test_characteristic_is_gaussian),
                                     cmocka_unit_test(test_batch_factor_against_pairs),
                                     cmocka_unit_test(test_samples_held_out),
                                     cmocka_unit_test(test_start),
                                     cmocka_unit_test(test_pytorch_start),
                                     cmocka_unit_test(test_closed_form),
                                     cmocka_unit_test(test_wrong_sections)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
