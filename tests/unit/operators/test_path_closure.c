/* The path-linearised closure in its three forms on a tiny network: step by step, interval by interval, and adjoint;
   its coupling term against the exact expectation over all samples. */
#include "landscape_fixture.h"
#include "operators/linearised/hessian_noise.h"
#include "operators/linearised/path_adjoint.h"
#include "operators/linearised/path_closure.h"
#include "operators/linearised/path_diagonal.h"
#include "cases/base/blas.h"

#define NETWORK                                                                                                        \
  "landscape: {family: mlp, hidden: [3], l2: 0.01, data: {source: synthetic, samples: 60, features: 4, classes: 3}}\n"

enum { P = 3 * 5 + 3 * 4, SAMPLES = 60, MODES = 5, STEPS = 23, REFRESH = 7, BATCH = 4 };
static const double eta = 0.4;

typedef struct {
  SgdCase c;
  SgdLandscape l;
  SgdPath path;
  double V[MODES * P];
} Fixture;

static void Build(Fixture *f) {
  double w[P];

  f->c = OpenText(PETSC_COMM_WORLD, NETWORK);
  assert_int_equal(SgdLandscapeCreate(f->c, &f->l), 0);
  assert_int_equal(SgdLandscapeDimension(f->l), P);
  assert_int_equal(SgdLandscapeStart(f->l, 1, w), 0);
  assert_int_equal(SgdPathCreate(f->l, w, eta, STEPS, REFRESH, &f->path), 0);
  for (int i = 0; i < MODES * P; i++) f->V[i] = sin(1.3 * i) / sqrt(P);
}

static void Tear(Fixture *f) {
  assert_int_equal(SgdPathDestroy(&f->path), 0);
  assert_int_equal(SgdLandscapeDestroy(&f->l), 0);
  assert_int_equal(SgdCaseClose(&f->c), 0);
}

static void ExpectClose(const double *a, const double *b, double tolerance) {
  for (int m = 0; m < MODES; m++) assert_true(PetscAbsReal(a[m] - b[m]) <= tolerance * PetscAbsReal(b[m]));
}

static void test_path(void **state) {
  Fixture f;
  double w[P], g[P];

  (void)state;
  Build(&f);
  assert_int_equal(f.path->intervals, 4);
  assert_int_equal(SgdPathFirst(f.path, 4), STEPS);
  assert_int_equal(SgdLandscapeStart(f.l, 1, w), 0);
  for (int n = 0; n < STEPS; n++) {
    const int middle[] = {3, 10, 17, 22};
    for (int j = 0; j < 4; j++)
      if (n == middle[j]) assert_memory_equal(w, f.path->w + (size_t)j * P, sizeof w);
    assert_int_equal(SgdLandscapeGradient(f.l, w, NULL, g), 0);
    for (int i = 0; i < P; i++) w[i] -= eta * g[i];
  }
  assert_memory_equal(w, f.path->end, sizeof w);
  Tear(&f);
}

/* Up a hill without end: the path is refused, with what to change. */
static void test_runaway(void **state) {
  SgdCase c = OpenText(PETSC_COMM_WORLD,
                       "landscape: {family: quadratic, eigenvalues: [-1e9], minimum: [0], gradient_noise: [1]}\n");
  const double w[] = {1};
  SgdLandscape l;
  SgdPath path;

  (void)state;
  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  CatchStderr();
  const PetscErrorCode ierr = SgdPathCreate(l, w, 1, 100, 7, &path);
  ReleaseStderr("sgd.learning_rate");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_NUMBERS);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

/* Samples one by one and batches are the same landscape, weight decay included. */
static void test_batches_add_up(void **state) {
  PetscInt index[SAMPLES];
  double g[P], mean[P] = {0}, hv[P], whole[P], *each = malloc(sizeof *each * SAMPLES * P), w[P];
  Fixture f;

  (void)state;
  Build(&f);
  SgdLandscapeSetDecay(f.l, 0.3);
  for (int i = 0; i < P; i++) w[i] = cos(i);
  for (int i = 0; i < SAMPLES; i++) index[i] = (7 * i) % SAMPLES;
  assert_int_equal(SgdLandscapeGradient(f.l, w, NULL, g), 0);
  assert_int_equal(SgdLandscapeWholeGradients(f.l, w, 0, SAMPLES, each), 0);
  for (int i = 0; i < SAMPLES * P; i++) mean[i % P] += each[i] / SAMPLES;
  assert_int_equal(SgdLandscapeHessianApply(f.l, w, f.V, hv), 0);
  assert_int_equal(SgdLandscapeBatchHessianApply(f.l, w, SAMPLES, index, f.V, whole), 0);
  for (int i = 0; i < P; i++) assert_true(PetscAbsReal(mean[i] - g[i]) + PetscAbsReal(hv[i] - whole[i]) < 1e-12);
  free(each);
  Tear(&f);
}

static void test_three_forms_agree(void **state) {
  const int record[] = {9, STEPS};
  double stepwise[2 * MODES], fast[2 * MODES], adjoint[MODES];
  Fixture f;
  SgdPathFields fields;

  (void)state;
  Build(&f);
  assert_int_equal(SgdPathFieldsCreate(f.path, &fields), 0);
  for (int sampling = 0; sampling < 2; sampling++) {
    SgdPathClosureOptions o = {.batch = BATCH, .sampling = (SgdSampling)sampling, .coarsen = 1};
    assert_int_equal(SgdPathClosure(fields, &o, 2, record, MODES, f.V, fast, NULL), 0);
    o.stepwise = PETSC_TRUE;
    assert_int_equal(SgdPathClosure(fields, &o, 2, record, MODES, f.V, stepwise, NULL), 0);
    assert_int_equal(SgdPathAdjoint(f.path, BATCH, (SgdSampling)sampling, MODES, f.V, adjoint), 0);
    ExpectClose(fast, stepwise, 1e-10);
    ExpectClose(fast + MODES, stepwise + MODES, 1e-10);
    ExpectClose(adjoint, stepwise + MODES, 1e-10);
    assert_true(fast[0] < fast[MODES]);
  }
  assert_int_equal(SgdPathFieldsDestroy(&fields), 0);
  Tear(&f);
}

static void test_coarser_intervals_are_near(void **state) {
  const int end = STEPS;
  double fine[MODES], coarse[MODES];
  SgdPathClosureOptions o = {.batch = BATCH, .sampling = SGD_WITH_REPLACEMENT, .coarsen = 1};
  Fixture f;
  SgdPathFields fields;

  (void)state;
  Build(&f);
  assert_int_equal(SgdPathFieldsCreate(f.path, &fields), 0);
  assert_int_equal(SgdPathClosure(fields, &o, 1, &end, MODES, f.V, fine, NULL), 0);
  o.coarsen = 2;
  assert_int_equal(SgdPathClosure(fields, &o, 1, &end, MODES, f.V, coarse, NULL), 0);
  ExpectClose(coarse, fine, 0.2);
  assert_true(coarse[0] != fine[0]);
  assert_int_equal(SgdPathFieldsDestroy(&fields), 0);
  Tear(&f);
}

/* dH [SAMPLES][P][P]: each sample's own fluctuation H_i - H */
static void SampleHessians(SgdLandscape l, const double *w, const double *H, double *dH) {
  double e[P] = {0};

  for (PetscInt i = 0; i < SAMPLES; i++)
    for (int k = 0; k < P; k++) {
      double *row = dH + ((size_t)i * P + (size_t)k) * P;
      e[k] = 1;
      assert_int_equal(SgdLandscapeBatchHessianApply(l, w, 1, &i, e, row), 0);
      e[k] = 0;
      for (int j = 0; j < P; j++) row[j] -= H[k * P + j];
    }
}

static void Multiply(const double *A, const double *B, double scale, double beta, double *C) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, P, P, scale, A, P, B, P, beta, C, P);
}

/* The coupled recursion with E(dH Pi dH) = (1/(B N)) sum_i dH_i Pi dH_i exactly, as batches are with replacement. */
static void Exact(const Fixture *f, SgdPathFields fields, double *variance, double cov[]) {
  static double dH[SAMPLES * P * P], Pi[P * P], next[P * P], work[P * P], A[P * P];

  memset(Pi, 0, sizeof Pi);
  for (int j = 0; j < f->path->intervals; j++) {
    const double *H = fields->H + (size_t)j * P * P, *C1 = fields->C1 + (size_t)j * P * P;
    SampleHessians(f->l, f->path->w + (size_t)j * P, H, dH);
    for (int i = 0; i < P * P; i++) A[i] = (i % (P + 1) == 0) - eta * H[i];
    for (int n = SgdPathFirst(f->path, j); n < SgdPathFirst(f->path, j + 1); n++) {
      for (int i = 0; i < P * P; i++) next[i] = eta * eta * C1[i] / BATCH;
      for (int i = 0; i < SAMPLES; i++) {
        Multiply(dH + (size_t)i * P * P, Pi, 1, 0, work);
        Multiply(work, dH + (size_t)i * P * P, eta * eta / (BATCH * SAMPLES), 1, next);
      }
      Multiply(A, Pi, 1, 0, work);
      Multiply(work, A, 1, 1, next);
      memcpy(Pi, next, sizeof Pi);
    }
  }
  for (int m = 0; m < MODES; m++) {
    const double *v = f->V + (size_t)m * P;
    variance[m] = 0;
    for (int i = 0; i < P; i++) variance[m] += v[i] * cblas_ddot(P, Pi + (size_t)i * P, 1, v, 1);
    for (int k = 0; k < MODES; k++) {
      cov[m * MODES + k] = 0;
      for (int i = 0; i < P; i++)
        cov[m * MODES + k] += f->V[(size_t)k * P + (size_t)i] * cblas_ddot(P, Pi + (size_t)i * P, 1, v, 1);
    }
  }
}

static void test_coupling_is_the_exact_expectation(void **state) {
  const int end = STEPS;
  double exact[MODES], plain[MODES], replicas[MODES], error[MODES], dense[MODES];
  enum { REPLICAS = 400 };
  double between[MODES * MODES], cov[MODES * MODES], cov_error[MODES * MODES], each[REPLICAS * MODES];
  SgdPathClosureOptions o = {.batch = BATCH, .sampling = SGD_WITH_REPLACEMENT, .coarsen = 1};
  Fixture f;
  SgdPathFields fields;

  (void)state;
  Build(&f);
  assert_int_equal(SgdPathFieldsCreate(f.path, &fields), 0);
  Exact(&f, fields, exact, between);
  assert_int_equal(SgdPathClosure(fields, &o, 1, &end, MODES, f.V, plain, NULL), 0);
  o.coupling_batches = 600;
  assert_int_equal(SgdPathClosure(fields, &o, 1, &end, MODES, f.V, dense, NULL), 0);
  const SgdPathReplicas out = {replicas, error, each, cov, cov_error};
  assert_int_equal(SgdPathAdjointCoupled(f.path, BATCH, SGD_WITH_REPLACEMENT, REPLICAS, 1, MODES, f.V, &out), 0);
  for (int m = 0; m < MODES; m++) {
    const double coupling = exact[m] - plain[m];
    assert_true(coupling > 0.02 * exact[m]); /* there is something to find */
    assert_true(PetscAbsReal(replicas[m] - exact[m]) < 4 * error[m] && error[m] < 0.25 * coupling);
    assert_true(PetscAbsReal(dense[m] - exact[m]) < 0.2 * coupling);
    assert_true(PetscAbsReal(cov[m * (MODES + 1)] - replicas[m]) < 1e-12 * replicas[m]);
    for (int k = 0; k < MODES; k++)
      assert_true(PetscAbsReal(cov[m * MODES + k] - between[m * MODES + k]) < 4 * cov_error[m * MODES + k]);
    assert_true(fabs(cov_error[m * (MODES + 1)] / error[m] - 1) < 1e-6);
    double mean = 0;
    for (int r = 0; r < REPLICAS; r++) mean += each[r * MODES + m] / REPLICAS;
    assert_true(fabs(mean - replicas[m]) < 1e-12 * mean);
  }
  assert_int_equal(SgdPathFieldsDestroy(&fields), 0);
  Tear(&f);
}

/* Against the recursion written out, and larger than in proportion to 1/B: Gamma is in it. */
static void test_diagonal(void **state) {
  double one[MODES], two[MODES];
  Fixture f;

  (void)state;
  Build(&f);
  assert_int_equal(SgdPathDiagonal(f.path, BATCH, SGD_WITH_REPLACEMENT, MODES, f.V, one), 0);
  for (int m = 0; m < MODES; m++) {
    double by_hand = 0;
    for (int j = 0; j < f.path->intervals; j++) {
      const double *w = f.path->w + (size_t)j * P, *v = f.V + (size_t)m * P, rate = f.path->eta;
      double D, Gamma, both, hv[P], lambda;
      assert_int_equal(SgdLandscapeModeNoise(f.path->landscape, w, v, &D, &Gamma, &both), 0);
      assert_int_equal(SgdLandscapeHessianApply(f.path->landscape, w, v, hv), 0);
      lambda = cblas_ddot(P, v, 1, hv, 1);
      for (int n = SgdPathFirst(f.path, j); n < SgdPathFirst(f.path, j + 1); n++)
        by_hand +=
            (-2 * rate * lambda + rate * rate * (lambda * lambda + Gamma / BATCH)) * by_hand + rate * rate * D / BATCH;
    }
    assert_true(fabs(one[m] - by_hand) < 1e-12 * by_hand);
  }
  assert_int_equal(SgdPathDiagonal(f.path, 4 * BATCH, SGD_WITH_REPLACEMENT, MODES, f.V, two), 0);
  for (int m = 0; m < MODES; m++) assert_true(two[m] < one[m] / 3.99); /* Gamma makes it more than 1/B */
  Tear(&f);
}

/* What the closures say of a path, by name. */
typedef struct {
  double path[MODES], coupled[MODES], error[MODES], each[3 * MODES], cov[MODES * MODES], cov_error[MODES * MODES],
      diagonal[MODES];
  SgdHessianNoiseFigures noise;
} Said;

static void Ask(SgdPath path, const double *w, const double *V, Said *s) {
  const SgdPathReplicas out = {s->coupled, s->error, s->each, s->cov, s->cov_error};
  const SgdLandscape l = path->landscape;

  assert_int_equal(SgdPathAdjoint(path, BATCH, SGD_WITH_REPLACEMENT, MODES, V, s->path), 0);
  assert_int_equal(SgdPathDiagonal(path, BATCH, SGD_WITH_REPLACEMENT, MODES, V, s->diagonal), 0);
  if (!SgdLandscapeSamples(l)) return;
  assert_int_equal(SgdPathAdjointCoupled(path, BATCH, SGD_WITHOUT_REPLACEMENT, 3, 5, MODES, V, &out), 0);
  assert_int_equal(SgdHessianNoise(l, w, BATCH, SGD_WITH_REPLACEMENT, 5, 2, path->shares, MODES, V, &s->noise), 0);
}

/* Everything that is said, relative to the largest of its kind. */
static void ExpectSame(const Said *a, const Said *b) {
  const double *x = (const double *)a, *y = (const double *)b;
  const size_t parts[] = {offsetof(Said, path),     offsetof(Said, coupled), offsetof(Said, error),
                          offsetof(Said, each),     offsetof(Said, cov),     offsetof(Said, cov_error),
                          offsetof(Said, diagonal), offsetof(Said, noise)};

  for (int p = 0; p < 7; p++) {
    double scale = 0;
    for (size_t i = parts[p] / sizeof *x; i < parts[p + 1] / sizeof *x; i++) scale = PetscMax(scale, fabs(y[i]));
    for (size_t i = parts[p] / sizeof *x; i < parts[p + 1] / sizeof *x; i++)
      if (!(fabs(x[i] - y[i]) <= 1e-10 * scale)) fail_msg("part %d, %zu: %.15g, whole %.15g", p, i, x[i], y[i]);
  }
  assert_true(fabs(a->noise.diagonal_fraction - b->noise.diagonal_fraction) < 1e-10);
  assert_true(fabs(a->noise.entry_correlation - b->noise.entry_correlation) < 1e-8);
}

/* Vectors and path shared out over the ranks, against whole ones. */
static void CompareShared(const char *text, const double *w, int dimension) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, text);
  double *V = calloc((size_t)(MODES * dimension), sizeof *V), *mine;
  Said whole = {0}, shared = {0};
  SgdShares shares;
  SgdLandscape l;
  SgdPath path;

  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(SgdLandscapeDimension(l), dimension);
  SgdLandscapeSetDecay(l, 0.03);
  for (int i = 0; i < MODES * dimension; i++) V[i] = sin(1.3 * i) / sqrt(dimension);
  assert_int_equal(SgdPathCreate(l, w, eta, STEPS, REFRESH, &path), 0);
  Ask(path, w, V, &whole);
  assert_int_equal(SgdPathDestroy(&path), 0);
  assert_int_equal(SgdSharesCreate(PETSC_COMM_WORLD, dimension, &shares), 0);
  mine = calloc((size_t)(MODES * (int)shares->local + 1), sizeof *mine);
  for (int m = 0; m < MODES; m++)
    for (int i = 0; i < shares->local; i++) mine[m * shares->local + i] = V[m * dimension + shares->first + i];
  assert_int_equal(SgdPathCreateShared(l, w, eta, STEPS, REFRESH, shares, &path), 0);
  Ask(path, w, mine, &shared);
  ExpectSame(&shared, &whole);
  assert_true(whole.path[0] > 0 && whole.path[0] != whole.diagonal[0]);
  assert_int_equal(SgdPathDestroy(&path), 0);
  assert_int_equal(SgdSharesDestroy(&shares), 0);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
  free(mine);
  free(V);
}

static void test_shared_out(void **state) {
  const double start[] = {0.3, -0.2, 1, 0.5, 2, -1, 0.1};
  double w[P];

  (void)state;
  for (int i = 0; i < P; i++) w[i] = 0.4 * sin(3.0 * i + 1);
  CompareShared(NETWORK, w, P);
  CompareShared("landscape: {family: quadratic, rotation_seed: 3, eigenvalues: [2, -0.2, 0.5, 1, 1.0e-3, 0.7, 0.1], "
                "gradient_noise: [1, 2, 3, 4, 1, 6, 7]}\n",
                start, 7);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_path),
                                     cmocka_unit_test(test_runaway),
                                     cmocka_unit_test(test_batches_add_up),
                                     cmocka_unit_test(test_three_forms_agree),
                                     cmocka_unit_test(test_coarser_intervals_are_near),
                                     cmocka_unit_test(test_coupling_is_the_exact_expectation),
                                     cmocka_unit_test(test_diagonal),
                                     cmocka_unit_test(test_shared_out)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
