/* Tabulated landscapes: splines are exact for polynomials and of their order for the rest; a quartic on uniform and
   Chebyshev nodes is the polynomial family's; estimated errors hold; a third cumulant; what is refused. */
#include "landscape_fixture.h"
#include "cases/base/journal.h"
#include "cases/base/spline.h"
#include "cases/data/tabulated.h"
#include "cases/base/chebyshev.h"
#include <hdf5.h>
#include <math.h>
#include <slepcsys.h>

static void Near(double x, double exact, double tolerance) {
  if (!(fabs(x - exact) <= tolerance * (1 + fabs(exact)))) fail_msg("%.17g, not %.17g", x, exact);
}

/* Largest error of value and slope of the spline of sin(3 x) on [0, 2]. */
static void SineErrors(PetscInt n, double *value, double *slope) {
  const SgdSpline s = SgdSplineOn(n, 0, 2);
  double c[400], b[8], db[8];

  for (PetscInt j = 0; j < n; j++) c[j] = sin(6.0 * (double)j / (double)(n - 1));
  assert_int_equal(SgdSplineSolve(&s, 1, c), 0);
  *value = *slope = 0;
  for (int i = 0; i <= 1000; i++) {
    const double x = 0.002 * i;
    PetscInt first;
    double f = 0, df = 0;
    SgdSplineRow(&s, x, &first, b, db);
    for (int j = 0; j <= s.degree; j++) f += b[j] * c[first + j], df += db[j] * c[first + j];
    *value = fmax(*value, fabs(f - sin(3 * x)));
    *slope = fmax(*slope, fabs(df - 3 * cos(3 * x)));
  }
}

static void SplinesHaveTheirOrder(void **state) {
  double coarse[2], fine[2];

  (void)state;
  SineErrors(17, &coarse[0], &coarse[1]);
  SineErrors(33, &fine[0], &fine[1]);
  if (!(log2(coarse[0] / fine[0]) > 7.5)) fail_msg("values: order %g", log2(coarse[0] / fine[0]));
  if (!(log2(coarse[1] / fine[1]) > 6.5)) fail_msg("slopes: order %g", log2(coarse[1] / fine[1]));
}

static void FewNodesLowerTheDegree(void **state) {
  (void)state;
  for (PetscInt n = 4; n < 9; n++) {
    const SgdSpline s = SgdSplineOn(n, -1, 3);
    double c[8], b[8];
    PetscInt first;
    for (PetscInt j = 0; j < n; j++) c[j] = pow(-1 + 4.0 * (double)j / (double)(n - 1), 3);
    assert_int_equal(s.degree, n < 6 ? 3 : n < 8 ? 5 : 7);
    assert_int_equal(SgdSplineSolve(&s, 1, c), 0);
    SgdSplineRow(&s, 0.7, &first, b, NULL);
    double value = 0;
    for (int j = 0; j <= s.degree; j++) value += b[j] * c[first + j];
    Near(value, 0.343, 1e-12);
  }
}

enum Fault { GOOD, SHIFTED, NO_LOSS, NEGATIVE, NOT_FINITE, THIRD_IN_TWO, STEEP, MISSPELT };

static void Put(hid_t file, const char *name, int dims, const hsize_t *shape, const double *value) {
  const hid_t space = H5Screate_simple(dims, shape, NULL);
  const hid_t set = H5Dcreate2(file, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  H5Dclose(set);
  H5Sclose(space);
}

static void PutFormat(hid_t file) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);
  const char *text = "sgdfp-landscape-1";

  H5Tset_size(type, H5T_VARIABLE);
  const hid_t a = H5Acreate2(file, "format", type, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(a, type, &text) >= 0);
  H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
}

/* The quartic below on 9 uniform by 11 Chebyshev nodes of [-2, 1] x [-1, 2]. */
static void Fill(double x[2][11], double *loss, double *g, double *C) {
  for (int i = 0; i < 9; i++) x[0][i] = -2 + 3.0 * i / 8;
  for (int j = 0; j < 11; j++) x[1][j] = SgdChebyshevNode(11, j, -1, 2);
  for (int i = 0; i < 9; i++)
    for (int j = 0; j < 11; j++) {
      const double a = x[0][i], b = x[1][j], c[4] = {1 + 0.5 * a * a, 0.2, 0.2, 2};
      loss[i * 11 + j] = 0.25 * pow(a, 4) - 0.5 * a * a + 0.3 * a * b * b + b * b;
      g[2 * (i * 11 + j)] = a * a * a - a + 0.3 * b * b;
      g[2 * (i * 11 + j) + 1] = 0.6 * a * b + 2 * b;
      memcpy(C + 4 * (i * 11 + j), c, sizeof c);
    }
}

static void Write(enum Fault fault, int gradient) {
  static double loss[99], g[198], C[396], third[792], x[2][11];
  const hsize_t n[] = {9, 11, 2, 2, 2}, length[] = {9, 11};
  char path[128];

  Fill(x, loss, g, C);
  if (fault == SHIFTED) x[0][3] += 0.01;
  if (fault == NEGATIVE) C[40] = -1;
  if (fault == NOT_FINITE) loss[17] = NAN;
  for (int i = 0; i < 198 && fault == STEEP; i++) g[i] *= 1.001;
  snprintf(path, sizeof path, "%s/own.h5", folder);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) {
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    PutFormat(file);
    Put(file, "nodes_1", 1, &length[0], x[0]);
    Put(file, "nodes_2", 1, &length[1], x[1]);
    if (fault != NO_LOSS) Put(file, "loss", 2, n, loss);
    if (gradient) Put(file, "gradient", 3, n, g);
    Put(file, "covariance", 4, n, C);
    if (fault == MISSPELT) Put(file, "thrid", 5, n, third);
    if (fault == THIRD_IN_TWO) Put(file, "third", 5, n, third);
    H5Fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

#define OWN "landscape: {family: tabulated, file: own.h5}\n"
#define SAME                                                                                                           \
  "landscape: {family: polynomial, dimension: 2, terms: [{coefficient: 0.25, powers: [4, 0]}, "                        \
  "{coefficient: -0.5, powers: [2, 0]}, {coefficient: 0.3, powers: [1, 2]}, {coefficient: 1, powers: [0, 2]}], "       \
  "noise_covariance: [1, 0.2, 0.2, 2], noise_terms: [{row: 1, column: 1, coefficient: 0.5, powers: [2, 0]}]}\n"

static void ComparePoint(SgdLandscape l, SgdLandscape m, double a, double b) {
  const double V[4] = {0.6, 0.8, -0.8, 0.6}, w[2] = {a, b};
  double loss[2], g[2][2], C[2][4], outside, hv[2][2];

  assert_int_equal(SgdLandscapePoint(l, w, 2, V, &loss[0], g[0], C[0], &outside), 0);
  assert_int_equal(SgdLandscapePoint(m, w, 2, V, &loss[1], g[1], C[1], &outside), 0);
  assert_int_equal(SgdLandscapeHessianApply(l, w, V, hv[0]), 0);
  assert_int_equal(SgdLandscapeHessianApply(m, w, V, hv[1]), 0);
  Near(loss[0], loss[1], 1e-12);
  for (int i = 0; i < 2; i++) Near(g[0][i], g[1][i], 1e-11);
  for (int i = 0; i < 2; i++) Near(hv[0][i], hv[1][i], 1e-10);
  for (int i = 0; i < 4; i++) Near(C[0][i], C[1][i], 1e-12);
}

static void TheLandscapeIsThePolynomials(void **state) {
  (void)state;
  for (int gradient = 0; gradient < 2; gradient++) {
    Write(GOOD, gradient);
    SgdCase c = OpenText(PETSC_COMM_WORLD, OWN), d = OpenText(PETSC_COMM_WORLD, SAME);
    SgdLandscape l, m;
    assert_int_equal(SgdLandscapeCreate(c, &l), 0);
    assert_int_equal(SgdLandscapeCreate(d, &m), 0);
    ComparePoint(l, m, 0.3, -0.8);
    ComparePoint(l, m, -1.7, 1.4);
    ComparePoint(l, m, -2, 2);
    assert_int_equal(SgdLandscapeDestroy(&l), 0);
    assert_int_equal(SgdLandscapeDestroy(&m), 0);
    assert_int_equal(SgdCaseClose(&c), 0);
    assert_int_equal(SgdCaseClose(&d), 0);
  }
}

/* A gradient of another scale, a dataset of another name: read, and said. */
static void WhatMayBeMeantOtherwiseIsSaid(void **state) {
  const enum Fault faults[] = {GOOD, STEEP, MISSPELT};
  const char *const words[] = {"own.h5: the gradient",
                               "the gradient is not the slope of the loss: they differ by 0.001 ",
                               "/thrid is not known and not read (third?)"};
  SgdJournal journal;

  (void)state;
  assert_int_equal(SgdJournalOpen(PETSC_COMM_WORLD, PETSC_FALSE, &journal), 0);
  for (int k = 0; k < 3; k++) {
    Write(faults[k], 1);
    SgdCase c = OpenText(PETSC_COMM_WORLD, OWN);
    SgdLandscape l;
    assert_int_equal(SgdLandscapeCreate(c, &l), 0);
    int found = 0;
    for (int i = 0; i < SgdWarningCount(journal); i++) found += strstr(SgdWarning(journal, i), words[k]) != NULL;
    assert_int_equal(found, k > 0 ? 1 : 0);
    SgdWarningsClear(journal);
    assert_int_equal(SgdLandscapeDestroy(&l), 0);
    assert_int_equal(SgdCaseClose(&c), 0);
  }
  assert_int_equal(SgdJournalClose(&journal), 0);
}

static void Refused(enum Fault fault, const char *words) {
  SgdCase c;
  SgdLandscape l;

  Write(fault, 1);
  c = OpenText(PETSC_COMM_WORLD, OWN);
  CatchStderr();
  assert_int_equal(SgdExitCode(SgdLandscapeCreate(c, &l)), SGD_EXIT_FILES);
  ReleaseStderr(words);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void WrongFilesAreRefused(void **state) {
  (void)state;
  Refused(SHIFTED, "/nodes_1: the nodes are neither uniform nor");
  Refused(NO_LOSS, "has no dataset /loss");
  Refused(NEGATIVE, "/covariance at node 11 (from 1) is no covariance");
  Refused(NOT_FINITE, "/loss holds numbers that are not finite: entry 17");
  Refused(THIRD_IN_TWO, "one dimension only");
}

/* On 4^3 nodes; `third` [4] if not NULL, then on one axis. */
static void WriteNodes(int d, const double *loss, const double *C, const double *third) {
  const hsize_t n[5] = {4, d == 3 ? 4 : 1, d == 3 ? 4 : 1, 3, 3}, one[4] = {4, 1, 1, 1};
  const double x[4] = {-1, -0.3333333333333333, 0.3333333333333333, 1};
  char path[128], name[16];

  snprintf(path, sizeof path, "%s/own.h5", folder);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) {
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    PutFormat(file);
    for (int a = 1; a <= d; a++) {
      snprintf(name, sizeof name, "nodes_%d", a);
      Put(file, name, 1, n, x);
    }
    Put(file, "loss", d, n, loss);
    Put(file, "covariance", d + 2, d == 3 ? n : one, C);
    if (third) Put(file, "third", 4, one, third);
    H5Fclose(file);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}

static void RefusedAsWritten(const char *words) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, OWN);
  SgdLandscape l;

  CatchStderr();
  assert_int_equal(SgdExitCode(SgdLandscapeCreate(c, &l)), SGD_EXIT_FILES);
  ReleaseStderr(words);
  assert_int_equal(SgdCaseClose(&c), 0);
}

/* Three correlations of -0.6 cannot be together, though any two can; skewness without variance cannot be either. */
static void WhatNoNoiseHasIsRefused(void **state) {
  const double third[4] = {0, 0, 0.5, 0}, variance[4] = {1, 1, 0, 1};
  static double loss[64], C[64][9];

  (void)state;
  for (int m = 0; m < 64; m++)
    for (int i = 0; i < 9; i++) C[m][i] = i % 4 ? (m == 21 ? -0.6 : 0) : 1;
  WriteNodes(3, loss, C[0], NULL);
  RefusedAsWritten("/covariance at node 22 (from 1) is no covariance: it has a negative eigenvalue");
  WriteNodes(1, loss, variance, third);
  RefusedAsWritten("/third at node 3 (from 1) is 0.5, but the variance there is 0");
}

/* Estimates of the error of sin(4 x) on [-1, 1]: never below a third of the truth, at most a hundred times it. */
static void CheckEstimate(PetscBool uniform, PetscInt n) {
  SgdTabulated t = {.dim = 1, .n = {n}, .total = n, .min = {-1}, .max = {1}, .uniform = {uniform}};
  double f[65], a[3], estimate, truth = 0;

  for (PetscInt m = 0; m < n; m++) {
    SgdTabulatedNode(&t, m, a);
    f[m] = sin(4 * a[0] + 0.3);
  }
  assert_int_equal(SgdTabulatedError(&t, 1, f, &estimate), 0);
  assert_int_equal(SgdTabulatedPrepare(&t, 1, f), 0);
  for (int i = 0; i <= 999; i++) {
    const double x = -1 + 2 * i / 999.0;
    double value;
    SgdTabulatedValue(&t, &x, -1, 1, f, &value);
    truth = fmax(truth, fabs(value - sin(4 * x + 0.3)));
  }
  if (!(estimate > truth / 3 && estimate < 100 * truth))
    fail_msg("%s %d: estimated %g, true %g", uniform ? "uniform" : "Chebyshev", (int)n, estimate, truth);
}

static void ErrorsAreEstimated(void **state) {
  (void)state;
  CheckEstimate(PETSC_TRUE, 17);
  CheckEstimate(PETSC_TRUE, 33);
  CheckEstimate(PETSC_TRUE, 65);
  CheckEstimate(PETSC_FALSE, 9);
  CheckEstimate(PETSC_FALSE, 14);
}

/* C = 2 and a third cumulant of 3: the derivatives of log phi at 0, by differences. */
static void AThirdCumulantIsFollowed(void **state) {
  const hsize_t n[] = {5, 1, 1, 1};
  double x[5] = {0, 1, 2, 3, 4}, loss[5] = {0}, C[5] = {2, 2, 2, 2, 2}, third[5] = {3, 3, 3, 3, 3};
  const double q[3] = {0.01, 0.5, 1e-6 / 0.75}, w = 1.3, v = 1;
  double _Complex phi[3];
  char path[128];
  PetscBool exact;
  SgdLandscape l;

  (void)state;
  snprintf(path, sizeof path, "%s/own.h5", folder);
  MPI_Barrier(PETSC_COMM_WORLD);
  if (!rank) {
    const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
    PutFormat(file);
    Put(file, "nodes_1", 1, n, x);
    Put(file, "loss", 1, n, loss);
    Put(file, "covariance", 3, n, C);
    Put(file, "third", 4, n, third);
    H5Fclose(file);
  }
  SgdCase c = OpenText(PETSC_COMM_WORLD, OWN);
  assert_int_equal(SgdLandscapeCreate(c, &l), 0);
  assert_int_equal(SgdLandscapeCharacteristic(l, &w, &v, 3, q, phi, &exact), 0);
  assert_true(exact);
  Near(creal(clog(phi[0])) / 1e-4, -1, 1e-4);
  Near(cimag(clog(phi[0])) / 1e-6, 0.5, 1e-3);
  /* k = C/theta^2 = 32/9 with theta = 3/4: phi = e^(i q theta k) (1 + i q theta)^-k */
  const double _Complex closed = cexp(I * 0.5 * 0.75 * 32 / 9) * cpow(1 + I * 0.375, -32.0 / 9);
  assert_true(cabs(phi[1] - closed) < 1e-13);
  assert_int_equal(SgdLandscapeDestroy(&l), 0);
  assert_int_equal(SgdCaseClose(&c), 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(SplinesHaveTheirOrder),        cmocka_unit_test(FewNodesLowerTheDegree),
      cmocka_unit_test(TheLandscapeIsThePolynomials), cmocka_unit_test(WhatMayBeMeantOtherwiseIsSaid),
      cmocka_unit_test(WrongFilesAreRefused),         cmocka_unit_test(WhatNoNoiseHasIsRefused),
      cmocka_unit_test(ErrorsAreEstimated),           cmocka_unit_test(AThirdCumulantIsFollowed)};

  if (SlepcInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  const int failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return SlepcFinalize() || failed;
}
