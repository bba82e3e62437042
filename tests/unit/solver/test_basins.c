/* Metastable sets: four wells whose rates follow from the double well's (THEORY.md (77)), two, and none. */
#include "problem_fixture.h"
#include "solver/long_time/basins.h"
#include "solver/stationary/stationaryimpl.h"
#include <petscblaslapack.h>
#include <slepcsys.h>
#include <math.h>

static const SgdEigenpairsOptions options = {.eigenpairs = 8, .tolerance = 1e-12};

static void Solve(const char *text, Problem *p, SgdStationaryState *s) {
  *s = (SgdStationaryState){0};
  BuildProblem(text, p);
  assert_int_equal(SgdStationaryCompute(&p->models, p->models.model[0], &options, s), 0);
}

static void Free(Problem *p, SgdStationaryState *s) {
  SgdStationaryFree(s);
  DestroyProblem(p);
}

static void Near(double value, double expected, double tolerance) {
  if (!(fabs(value - expected) <= tolerance)) fail_msg("%.15g, expected %.15g", value, expected);
}

/* D = 0.1, eta = 0.1 along either axis: a hop along one at half the double well's rate, none along the diagonal. The
   memberships' corners lie at cells and differ from well to well: 1e-3. */
static void test_four_wells(void **state) {
  const double hop = 3.48295498e-2 / 2, sign[4][2] = {{-1, -1}, {1, -1}, {-1, 1}, {1, 1}};
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve(
      "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, {coefficient: -0.5, "
      "powers: [2, 0]}, {coefficient: 0.25, powers: [0, 4]}, {coefficient: -0.5, powers: [0, 2]}], "
      "noise_covariance: [2, 0, 0, 2]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
      "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-2.4, -2.4], max: [2.4, 2.4], cells: [80, 80]}\n"
      "models: [master]\n",
      &p, &s);
  assert_int_equal(s.basins.count, 4);
  double trace = 0;
  for (int i = 0; i < 4; i++) trace += s.basins.rate[i][i];
  Near(trace, -8 * hop, 1e-9); /* the eigenvalues 0, -2 hop twice, -4 hop: whatever the corners */
  for (int i = 0; i < 4; i++) {
    Near(s.basins.mass[i], 0.25, 1e-3);
    Near(-s.basins.rate[i][i], 2 * hop, 1e-3 * hop);
    for (int a = 0; a < 2; a++) assert_true(s.basins.centre[i][a] * sign[i][a] > 0.7);
    for (int j = 0; j < 4; j++) {
      const int moves = (sign[i][0] != sign[j][0]) + (sign[i][1] != sign[j][1]);
      if (moves) Near(s.basins.rate[i][j], moves == 1 ? hop : 0, 1e-3 * hop);
    }
  }
  Free(&p, &s);
}

/* A tilted double well: balance of masses and rates, and their sum is the relaxation rate. An assembled generator and
   one that is not. */
static void TwoWells(const char *model) {
  char text[512];
  Problem p;
  SgdStationaryState s;

  snprintf(
      text, sizeof text,
      "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
      "powers: [2]}, {coefficient: 0.05, powers: [1]}], noise_covariance: [1]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
      "slice: {axes: ['coordinate:1'], min: [-2.4], max: [2.4], cells: [200]}\nmodels: [%s]\n",
      model);
  Solve(text, &p, &s);
  assert_int_equal(s.basins.count, 2);
  assert_true(s.basins.mass[0] > 2 * s.basins.mass[1]);
  Near(s.basins.mass[0] + s.basins.mass[1], 1, 1e-10);
  Near(s.basins.mass[0] * s.basins.rate[0][1], s.basins.mass[1] * s.basins.rate[1][0], 1e-11);
  Near(s.basins.rate[0][1] + s.basins.rate[1][0], s.rate, 1e-11);
  Free(&p, &s);
}

static void test_two_wells(void **state) {
  (void)state;
  TwoWells("langevin");
  TwoWells("jump");
}

/* One well: its rates 0, 1, 2, .. have no gap. */
static void test_one_well(void **state) {
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve("landscape: {family: quadratic, eigenvalues: [1], gradient_noise: [1]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
        "slice: {axes: ['coordinate:1'], min: [-2], max: [2], cells: [160]}\nmodels: [master]\n",
        &p, &s);
  assert_int_equal(s.basins.count, 0);
  Free(&p, &s);
}

/* Two wells whose faces they touch: they empty as fast as they settle, and are no sets. */
static void test_wells_at_the_faces(void **state) {
  Problem p;
  SgdStationaryState s;

  (void)state;
  Solve("landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: -0.5, "
        "powers: [2]}], noise_covariance: [0.6]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
        "slice: {axes: ['coordinate:1'], min: [-1.1], max: [1.1], cells: [160]}\nmodels: [master]\n",
        &p, &s);
  assert_int_equal(s.basins.count, 0);
  Free(&p, &s);
}

/* An independent dense computation: the Gaussian chain's kernel on the case's own cells, its stationary density by
   elimination without subtractions (Grassmann, Taksar, Heyman; for three sets the eigenvector), its left eigenvectors
   by subspace iteration, the memberships from their values at given cells. */
typedef struct {
  int n, m;
  double *K, *p, *left, mu[4], mass[4], rate[4][4];
} Twin;

static void Stationary(Twin *t) {
  const int n = t->n;
  double *W = malloc(sizeof *W * (size_t)(n * n)), sum = 0;

  memcpy(W, t->K, sizeof *W * (size_t)(n * n)); /* W[from][to] */
  for (int k = n - 1; k > 0; k--) {
    double out = 0;
    for (int j = 0; j < k; j++) out += W[k * n + j];
    for (int i = 0; i < k; i++) {
      const double in = W[i * n + k] /= out;
      for (int j = 0; j < k; j++) W[i * n + j] += in * W[k * n + j];
    }
  }
  for (int k = 0; k < n; k++) {
    t->p[k] = k == 0;
    for (int i = 0; i < k; i++) t->p[k] += t->p[i] * W[i * n + k];
    sum += t->p[k];
  }
  for (int k = 0; k < n; k++) t->p[k] /= sum;
  free(W);
}

/* Orthonormal columns [m][n]. */
static void Orthonormalise(int n, int m, double *X) {
  for (int k = 0; k < m; k++) {
    double norm = 0;
    for (int twice = 0; twice < 2; twice++)
      for (int j = 0; j < k; j++) {
        double dot = 0;
        for (int i = 0; i < n; i++) dot += X[k * n + i] * X[j * n + i];
        for (int i = 0; i < n; i++) X[k * n + i] -= dot * X[j * n + i];
      }
    for (int i = 0; i < n; i++) norm += X[k * n + i] * X[k * n + i];
    for (int i = 0; i < n; i++) X[k * n + i] /= sqrt(norm);
  }
}

/* The m leading eigenpairs of K ("N") or its transpose ("T") by subspace iteration, with two vectors more: X [m][n]. */
static void Leading(const Twin *t, const char *which, double *mu, double *X) {
  const PetscBLASInt n = t->n, m = t->m + 2;
  const double one = 1, zero = 0;
  PetscBLASInt lwork = 64, single = 1, info;
  double *Q = malloc(sizeof *Q * (size_t)(2 * m * n)), *Y = Q + m * n, T[36], re[6], im[6], S[36], work[64];

  for (int i = 0; i < m * n; i++) Q[i] = sin(1.0 + 7.0 * i * i);
  for (int turn = 0; turn < 200; turn++) {
    Orthonormalise(n, m, Q);
    BLASgemm_(which, "N", &n, &m, &n, &one, t->K, &n, Q, &n, &zero, Y, &n);
    if (turn < 199) memcpy(Q, Y, sizeof *Q * (size_t)(m * n));
  }
  BLASgemm_("T", "N", &m, &m, &n, &one, Q, &n, Y, &n, &zero, T, &m);
  LAPACKgeev_("N", "V", &m, T, &m, re, im, NULL, &single, S, &m, work, &lwork, &info);
  assert_int_equal(info, 0);
  for (int k = 0; k < t->m; k++) {
    int best = 0;
    for (int i = 0; i < m; i++)
      if (re[i] > re[best]) best = i;
    mu[k] = re[best];
    re[best] = -2;
    BLASgemv_("N", &n, &m, &one, Q, &n, S + best * m, &single, &zero, X + k * n, &single);
  }
  free(Q);
}

static void TwinSets(Twin *t, double eta, const int cell[]) {
  const int m = t->m;
  double C[16], A[16] = {0};
  PetscBLASInt size = m, pivot[4], info;

  for (int i = 0; i < m; i++)
    for (int k = 0; k < m; k++) {
      C[k * m + i] = t->left[k * t->n + cell[i]];
      A[k * m + i] = i == k;
    }
  LAPACKgesv_(&size, &size, C, &size, pivot, A, &size, &info);
  assert_int_equal(info, 0);
  for (int i = 0; i < m; i++) {
    t->mass[i] = 0;
    for (int a = 0; a < t->n; a++)
      for (int k = 0; k < m; k++) t->mass[i] += t->p[a] * t->left[k * t->n + a] * A[i * m + k];
    for (int j = 0; j < m; j++) {
      t->rate[i][j] = 0;
      for (int k = 0; k < m; k++) t->rate[i][j] += t->left[k * t->n + cell[i]] * log(t->mu[k]) / eta * A[j * m + k];
    }
  }
}

/* The cell of the largest p within `radius` of a place. */
static int Highest(SgdGrid grid, const double *p, const double at[], double radius) {
  int best = -1;

  for (PetscInt i = 0; i < grid->cells; i++) {
    double x[3], square = 0;
    SgdGridCentre(grid, i, x);
    for (int a = 0; a < grid->dim; a++) square += (x[a] - at[a]) * (x[a] - at[a]);
    if (square < radius * radius && (best < 0 || p[i] > p[best])) best = (int)i;
  }
  return best;
}

/* The kernel from the fields of the problem, which are exact: Gaussian steps of mean -eta g, variance eta^2 C. */
static void MakeTwin(Problem *p, int m, Twin *t) {
  SgdGrid g = p->slice.grid;
  SgdFields f = p->models.fields;
  const double eta = p->sections.settings.sgd->learning_rate;
  const int n = (int)g->cells;

  *t = (Twin){.n = n,
              .m = m,
              .K = malloc(sizeof(double) * (size_t)(n * n)),
              .p = malloc(sizeof(double) * (size_t)n),
              .left = malloc(sizeof(double) * (size_t)(m * n))};
  for (PetscInt from = 0; from < n; from++) {
    double a[3], x[3];
    SgdGridCentre(g, from, a);
    for (PetscInt to = 0; to < n; to++) {
      double density = 1;
      SgdGridCentre(g, to, x);
      for (int k = 0; k < g->dim; k++) {
        const double variance = eta * eta * f->C[SgdPair(g->dim, k, k)][from - f->first_cell];
        const double step = x[k] - a[k] + eta * f->g[k][from - f->first_cell];
        density *= g->h[k] * exp(-0.5 * step * step / variance) / sqrt(2 * PETSC_PI * variance);
      }
      t->K[to + from * n] = density;
    }
  }
  Leading(t, "T", t->mu, t->left);
  if (m == 2)
    Stationary(t);
  else {
    double *X = malloc(sizeof *X * (size_t)(m * n)), mu[4], sum = 0;
    Leading(t, "N", mu, X);
    for (int i = 0; i < n; i++) sum += X[i];
    for (int i = 0; i < n; i++) t->p[i] = X[i] / sum;
    free(X);
  }
}

static void FreeTwin(Twin *t) {
  free(t->K);
  free(t->p);
  free(t->left);
}

/* Masses and escape rates within 1e-4 of the twin's; the program's sets in the order of `centre`. */
static void AgreeWithTwin(const char *text, int m, const double centre[][2], double radius) {
  Problem p;
  SgdStationaryState s;
  Twin t;
  int cell[4];

  PetscMPIInt size;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  if (size > 1) return; /* the twin holds the whole kernel on one rank */
  Solve(text, &p, &s);
  assert_int_equal(s.basins.count, m);
  assert_true(s.certificate.resolved);
  MakeTwin(&p, m, &t);
  for (int i = 0; i < m; i++) cell[i] = Highest(p.slice.grid, t.p, centre[i], radius);
  TwinSets(&t, p.sections.settings.sgd->learning_rate, cell);
  for (int i = 0; i < m && m == 2; i++) /* more digits: the relaxation rate, shared by the masses */
    t.rate[i][i] = log(t.mu[1] / t.mu[0]) / p.sections.settings.sgd->learning_rate * t.mass[1 - i];
  for (int i = 0; i < m; i++) {
    int j = 0;
    while (j < m && hypot(s.basins.centre[j][0] - centre[i][0],
                          p.slice.grid->dim > 1 ? s.basins.centre[j][1] - centre[i][1] : 0) > radius)
      j++;
    if (j == m) fail_msg("no set near (%g, %g)", centre[i][0], centre[i][1]);
    Near(s.basins.mass[j], t.mass[i], 1e-4 * t.mass[i]);
    Near(s.basins.rate[j][j], t.rate[i][i], -1e-4 * t.rate[i][i]);
  }
  FreeTwin(&t);
  Free(&p, &s);
}

/* A double well tilted until the minor one holds 2e-7 of the mass. */
static void test_tilted_wells(void **state) {
  static const char *const tilt[] = {"0.02", "0.05", "0.1", "0.15"};
  const double centre[2][2] = {{-1.03, 0}, {0.94, 0}};
  char text[1024];

  (void)state;
  for (int i = 0; i < 4; i++) {
    snprintf(text, sizeof text,
             "landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.25, powers: [4]}, {coefficient: "
             "-0.5, powers: [2]}, {coefficient: %s, powers: [1]}], noise_covariance: [2], noise_terms: [{row: 1, "
             "column: 1, coefficient: 4, powers: [2]}]}\nsgd: {learning_rate: 0.1, batch_size: 8, steps: 10}\n"
             "slice: {axes: ['coordinate:1'], min: [-2.6], max: [2.6], cells: [320]}\nmodels: [master]\n",
             tilt[i]);
    AgreeWithTwin(text, 2, centre, 0.2);
  }
}

/* Three wells of different depths on a line. */
static void test_three_wells(void **state) {
  const double centre[3][2] = {{-1.5, 0}, {0, 0}, {1.5, 0}};

  (void)state;
  AgreeWithTwin("landscape: {family: polynomial, dimension: 1, terms: [{coefficient: 0.16666667, powers: [6]}, "
                "{coefficient: -0.75, powers: [4]}, {coefficient: 0.84375, powers: [2]}, {coefficient: 0.02, powers: "
                "[1]}], noise_covariance: [0.6]}\nsgd: {learning_rate: 0.1, steps: 10}\n"
                "slice: {axes: ['coordinate:1'], min: [-2.2], max: [2.2], cells: [200]}\nmodels: [master]\n",
                3, centre, 0.3);
}

/* Four wells whose outer ones settle slowly: memberships overshoot by a percent, so some rates come out negative, and the
   masses must balance with them (dropped, they are off by 2 %). */
static void test_four_wells_on_a_line(void **state) {
  const double centre[4][2] = {{-1.8, 0}, {-0.6, 0}, {0.6, 0}, {1.8, 0}};

  (void)state;
  AgreeWithTwin("landscape: {family: formula, dimension: 1, loss: '0.35*(a1^8/8 - 0.84*a1^6 + 1.5876*a1^4 - "
                "0.839808*a1^2)', noise_covariance: ['0.8']}\nsgd: {learning_rate: 0.1, batch_size: 2, steps: 10}\n"
                "slice: {axes: ['coordinate:1'], min: [-2.3], max: [2.3], cells: [220]}\nmodels: [master]\n",
                4, centre, 0.3);
}

/* Three unequal wells in the plane. */
static void test_three_wells_plane(void **state) {
  const double centre[3][2] = {{1, 0}, {-0.5, 0.866}, {-0.5, -0.866}};

  (void)state;
  AgreeWithTwin(
      "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.5, powers: [4, 0]}, "
      "{coefficient: 1, powers: [2, 2]}, {coefficient: 0.5, powers: [0, 4]}, {coefficient: -0.6666667, powers: "
      "[3, 0]}, {coefficient: 2, powers: [1, 2]}, {coefficient: 0.02, powers: [1, 0]}, {coefficient: -0.01, "
      "powers: [0, 1]}], noise_covariance: [0.5, 0, 0, 0.5]}\nsgd: {learning_rate: 0.15, steps: 10}\n"
      "slice: {axes: ['coordinate:1', 'coordinate:2'], min: [-1.4, -1.6], max: [1.8, 1.6], cells: [52, 52]}\n"
      "models: [master]\n",
      3, centre, 0.4);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_four_wells),
                                     cmocka_unit_test(test_two_wells),
                                     cmocka_unit_test(test_one_well),
                                     cmocka_unit_test(test_wells_at_the_faces),
                                     cmocka_unit_test(test_tilted_wells),
                                     cmocka_unit_test(test_three_wells),
                                     cmocka_unit_test(test_four_wells_on_a_line),
                                     cmocka_unit_test(test_three_wells_plane)};
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
