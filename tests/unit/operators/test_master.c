/* The master equation's one-step map: the splat against its dense twin, the adjoint, conservation, and the law of
   finite samples against enumeration of all batches. */
#include "model_fixture.h"
#include "cases/noise/batch_law.h"

/* Noise that depends on the place, at least 1.6 cells wide: 0.1 sqrt(1.5)/0.075. */
#define TERMS1                                                                                                         \
  "terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, powers: [2]}], noise_covariance: [1.5], "             \
  "noise_terms: [{coefficient: 0.4, powers: [2], row: 1, column: 1}]"
#define LINE(boundary)                                                                                                 \
  "landscape: {family: polynomial, dimension: 1, " TERMS1 "}\n"                                                        \
  "slice: {axes: [sharpest], min: [-3], max: [3], cells: [80], boundary: [" boundary "]}\n"                            \
  "models: [{model: master, law: gaussian}]\n"
#define PLANE(first, second)                                                                                           \
  "landscape:\n"                                                                                                       \
  "  family: polynomial\n"                                                                                             \
  "  dimension: 2\n"                                                                                                   \
  "  terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, powers: [2, 0]}, {coefficient: 0.25, powers: "   \
  "[0, 4]}, {coefficient: -0.5, powers: [0, 2]}]\n"                                                                    \
  "  noise_covariance: [1.5, 0, 0, 1.5]\n"                                                                             \
  "  noise_terms: [{coefficient: 0.4, powers: [2, 0], row: 1, column: 1}, {coefficient: 0.4, powers: [0, 2], row: 2, " \
  "column: 2}]\n"                                                                                                      \
  "slice: {axes: [a, b], min: [-3, -3], max: [3, 3], cells: [80, 80], boundary: [" first ", " second "]}\n"            \
  "models: [{model: master, law: gaussian}]\n"

static const double eta = 0.1;

static double Bell(const double *x) {
  return exp(-0.5 * (x[0] - 0.6) * (x[0] - 0.6) / 0.04) * 0.075 / sqrt(2 * M_PI * 0.04);
}

static double Bell2(const double *x) {
  return Bell(x) * Bell(x + 1);
}

/* A separable landscape: the plane's splat is the product of two lines' dense maps, several steps on. The dense form
   is spectrally exact, so the difference is the splat's own error. */
static void test_splat_against_dense_twin(void **state) {
  Bench line = BenchOpen(PETSC_COMM_SELF, LINE("reflecting"), eta, 1),
        plane = BenchBuild(PLANE("reflecting", "periodic"), eta, 1);
  const PetscScalar *p, *q;
  Vec y, z, next;
  double worst = 0, most = 0;

  (void)state;
  assert_int_equal(BenchModel(&line), 0);
  y = FillState(line.grid, Bell);
  z = FillState(plane.grid, Bell2);
  for (int n = 0; n < 3; n++) {
    Apply(SgdModelOperator(line.model), y, &next);
    VecDestroy(&y);
    y = next;
    Apply(SgdModelOperator(plane.model), z, &next);
    VecDestroy(&z);
    z = next;
  }
  VecGetArrayRead(y, &p);
  VecGetArrayRead(z, &q);
  for (PetscInt cell = plane.grid->first_cell; cell < plane.grid->last_cell; cell++) {
    worst = PetscMax(worst, fabs(q[cell - plane.grid->first_cell] - p[cell % 80] * p[cell / 80]));
    most = PetscMax(most, fabs(q[cell - plane.grid->first_cell]));
  }
  VecRestoreArrayRead(y, &p);
  VecRestoreArrayRead(z, &q);
  MPI_Allreduce(MPI_IN_PLACE, &worst, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, PETSC_COMM_WORLD);
  if (!(worst <= 1e-10 * most)) fail_msg("splat and dense differ by %g of %g", worst, most);
  VecDestroy(&y);
  VecDestroy(&z);
  BenchClose(&line);
  BenchClose(&plane);
}

/* One step of a Gaussian on a line, against the integral by quadrature on a ten times finer mesh (trapezoid, spectrally
   exact too): p'(x) = int N(x; a - eta g(a), eta^2 C(a)) p(a) da. */
static void test_dense_against_quadrature(void **state) {
  Bench b = BenchBuild(LINE("absorbing"), eta, 1);
  Vec y = FillState(b.grid, Bell), next;
  const PetscScalar *p;

  (void)state;
  Apply(SgdModelOperator(b.model), y, &next);
  VecGetArrayRead(next, &p);
  for (PetscInt cell = b.grid->first_cell; cell < b.grid->last_cell; cell++) {
    double x, sum = 0;
    SgdGridCentre(b.grid, cell, &x);
    for (int j = 0; j < 800; j++) {
      const double a = -3 + (j + 0.5) * 0.0075, s = eta * sqrt(1.5 + 0.4 * a * a),
                   z = (x - a + eta * (a * a * a - a)) / s;
      sum += 0.0075 * Bell(&a) * exp(-z * z / 2) / (s * sqrt(2 * M_PI));
    }
    assert_true(fabs(p[cell - b.grid->first_cell] - sum) < 1e-12);
  }
  VecRestoreArrayRead(next, &p);
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
}

static void test_columns_and_adjoint(void **state) {
  static const char *const text[] = {LINE("absorbing"), LINE("reflecting"), LINE("periodic"),
                                     PLANE("absorbing", "reflecting"), PLANE("periodic", "absorbing")};

  (void)state;
  for (size_t i = 0; i < sizeof text / sizeof *text; i++) {
    Bench b = BenchBuild(text[i], eta, 1);
    assert_int_equal(SgdModelGetKind(b.model), SGD_MAP);
    CheckColumnSums(b.grid, SgdModelOperator(b.model), 1, 1e-12);
    CheckAdjoint(b.grid, SgdModelOperator(b.model), 1e-13);
    BenchClose(&b);
  }
}

/* A slope that throws everything over the right edge: the ledger's face of that side gets all of it, and keeps it. */
static void test_outflow(void **state) {
  Bench b = BenchBuild("landscape: {family: polynomial, dimension: 1, terms: [{coefficient: -100, powers: [1]}], "
                       "noise_covariance: [1.5]}\n"
                       "slice: {axes: [a], min: [-3], max: [3], cells: [80]}\nmodels: [master]\n",
                       eta, 1);
  Vec y = RandomState(b.grid, 2, 0), once, twice;
  double lost[2];

  (void)state;
  assert_true(fabs(Apply(SgdModelOperator(b.model), y, &once) - 1) < 1e-14);
  assert_true(fabs(Apply(SgdModelOperator(b.model), once, &twice) - 1) < 1e-14);
  SgdGridLedger(b.grid, twice, lost);
  assert_true(fabs(lost[0]) < 1e-14 && fabs(lost[1] - 1) < 1e-14);
  VecDestroy(&y);
  VecDestroy(&once);
  VecDestroy(&twice);
  BenchClose(&b);
}

/* Five gradients; phi is the mean of exp(-i q G) over all batches of B, drawn by counting: with replacement all 5^B
   words, without the 5 over B subsets. */
static const double sample[5] = {0.9, -1.3, 0.2, 1.1, -0.9};

static double _Complex Enumerate(int B, int replacement, double q) {
  double _Complex sum = 0;
  int count = 0;

  for (int i = 0; i < 5; i++)
    for (int j = B > 1 ? (replacement ? 0 : i + 1) : 4; j < 5; j++) {
      const double G = B > 1 ? (sample[i] + sample[j]) / 2 : sample[i];
      sum += CMPLX(cos(q * G), -sin(q * G));
      count++;
    }
  return sum / count;
}

static void test_batch_laws(void **state) {
  enum { MODES = 200 };
  const double dq = 0.11, zero = 0;
  double _Complex with[MODES], without[MODES];

  (void)state;
  for (int B = 1; B <= 2; B++) {
    SgdBatchLawWithReplacement(5, 1, sample, B, &zero, &dq, MODES, with);
    assert_int_equal(SgdBatchLawWithoutReplacement(5, 1, sample, B, &zero, &dq, MODES, without), 0);
    for (int m = 0; m < MODES; m++) {
      assert_true(cabs(with[m] - Enumerate(B, 1, m * dq)) < 1e-12);
      assert_true(cabs(without[m] - Enumerate(B, 0, m * dq)) < 1e-12);
    }
  }
  SgdBatchLawWithoutReplacement(5, 1, sample, 5, &zero, &dq, MODES, without); /* the whole set has no noise */
  for (int m = 0; m < MODES; m++) assert_true(cabs(without[m] - 1) < 1e-13);
}

/* A network's exact law on a slice: mean, variance and third moment (whose sign is that of the skewed law) of the next
   density, by enumeration of all batches at every cell. */
enum { SAMPLES = 12 };
#define NETWORK                                                                                                        \
  "landscape: {family: softmax, l2: 0.1, data: {source: synthetic, samples: 12, features: 2, classes: 3, seed: 4}}\n"  \
  "slice: {axes: [a], min: [-6], max: [6], cells: [160]}\nmodels: [{model: master, law: exact}]\n"

static void Expected(const Bench *b, double step, int B, double m[4]) {
  const SgdStep *c = &b->step;
  const int with = c->sampling == SGD_WITH_REPLACEMENT;
  double *w = calloc((size_t)c->frame->P, sizeof *w), G[SAMPLES];

  memset(m, 0, 4 * sizeof *m);
  for (PetscInt cell = 0; cell < b->grid->cells; cell++) {
    double x;
    int count = 0;
    double sum[4] = {0};
    SgdGridCentre(b->grid, cell, &x);
    SgdFramePoint(c->frame, &x, w);
    SgdLandscapeSampleGradients(c->landscape, w, 1, c->frame->V, G);
    for (int i = 0; i < SAMPLES; i++)
      for (int j = B > 1 ? (with ? 0 : i + 1) : SAMPLES - 1; j < SAMPLES; j++, count++)
        for (int k = 0; k < 4; k++) sum[k] += pow(x - step * (B > 1 ? (G[i] + G[j]) / 2 : G[i]), k);
    for (int k = 0; k < 4; k++) m[k] += exp(-x * x / 2) * b->grid->volume / sqrt(2 * M_PI) * sum[k] / count;
  }
  free(w);
}

static double Start(const double *x) {
  return exp(-x[0] * x[0] / 2) * 12 / 160 / sqrt(2 * M_PI);
}

static void CheckNetwork(int B, SgdSampling sampling) {
  const double step = 1.2;
  Bench b = BenchOpen(PETSC_COMM_WORLD, NETWORK, step, B);
  const PetscScalar *p;
  double expected[4], m[4] = {0};
  Vec y, next;

  b.step.sampling = sampling;
  assert_int_equal(BenchModel(&b), 0);
  y = FillState(b.grid, Start);
  assert_true(fabs(Apply(SgdModelOperator(b.model), y, &next) - 1) < 1e-8);
  VecGetArrayRead(next, &p);
  for (PetscInt cell = b.grid->first_cell; cell < b.grid->last_cell; cell++) {
    double x;
    SgdGridCentre(b.grid, cell, &x);
    for (int k = 0; k < 4; k++) m[k] += pow(x, k) * p[cell - b.grid->first_cell];
  }
  VecRestoreArrayRead(next, &p);
  MPI_Allreduce(MPI_IN_PLACE, m, 4, MPI_DOUBLE, MPI_SUM, PETSC_COMM_WORLD);
  Expected(&b, step, B, expected);
  for (int k = 0; k < 4; k++)
    if (!(fabs(m[k] - expected[k]) < 1e-6)) fail_msg("B %d, moment %d: %.12g, not %.12g", B, k, m[k], expected[k]);
  VecDestroy(&y);
  VecDestroy(&next);
  BenchClose(&b);
}

static void test_network_by_enumeration(void **state) {
  (void)state;
  CheckNetwork(1, SGD_WITH_REPLACEMENT);
  CheckNetwork(2, SGD_WITH_REPLACEMENT);
  CheckNetwork(2, SGD_WITHOUT_REPLACEMENT);
}

/* Noise of a third of a cell is remeshed: the first moments of a step, sum m (a - eta g) and
   sum m ((a - eta g)^2 + eta^2 C), come out to rounding. */
static void test_remeshing(void **state) {
  const double small = 0.02;
  Bench b = BenchBuild(LINE("absorbing"), small, 1);
  SgdFields f = b.step.fields;
  Vec p = FillState(b.grid, Bell), next;
  double expected[3] = {0, 0, 0}, moment[10], x;
  const PetscScalar *mass;

  (void)state;
  VecGetArrayRead(p, &mass);
  for (PetscInt cell = b.grid->first_cell; cell < b.grid->last_cell; cell++) {
    SgdGridCentre(b.grid, cell, &x);
    const double m = mass[cell - b.grid->first_cell], a = x - small * f->g[0][cell - f->first_cell];
    expected[0] += m;
    expected[1] += m * a;
    expected[2] += m * (a * a + small * small * f->C[0][cell - f->first_cell]);
  }
  VecRestoreArrayRead(p, &mass);
  MPI_Allreduce(MPI_IN_PLACE, expected, 3, MPI_DOUBLE, MPI_SUM, b.comm);
  Apply(SgdModelOperator(b.model), p, &next);
  RawMoments(b.grid, next, moment);
  for (int k = 0; k < 3; k++)
    if (!(fabs(moment[k] - expected[k]) < 1e-13))
      fail_msg("moment %d: %.16g, expected %.16g", k, moment[k], expected[k]);
  CheckColumnSums(b.grid, SgdModelOperator(b.model), 1, 1e-12);
  VecDestroy(&p);
  VecDestroy(&next);
  BenchClose(&b);
}

/* Noise narrower than a twentieth of a cell cannot be carried. */
static void test_refusal(void **state) {
  Bench b = BenchOpen(PETSC_COMM_WORLD, LINE("absorbing"), 0.001, 1);
  PetscErrorCode ierr;

  (void)state;
  CatchStderr();
  ierr = BenchModel(&b);
  ReleaseStderr("the grid cannot carry it");
  assert_int_equal(SgdExitCode(ierr), SGD_EXIT_NUMBERS);
  BenchClose(&b);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_splat_against_dense_twin),
    cmocka_unit_test(test_dense_against_quadrature),
    cmocka_unit_test(test_columns_and_adjoint),
    cmocka_unit_test(test_outflow),
    cmocka_unit_test(test_batch_laws),
    cmocka_unit_test(test_network_by_enumeration),
    cmocka_unit_test(test_remeshing),
    cmocka_unit_test(test_refusal),
};

BENCH_MAIN(tests)
