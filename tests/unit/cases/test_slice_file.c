/* Slice files: fields that are polynomials come back exactly, at the nodes and between them, with their derivatives; a
   landscape on a file with and without samples; and what is wrong with a file is told. */
#include "landscape_fixture.h"
#include "cases/base/journal.h"
#include "cases/base/chebyshev.h"
#include <hdf5.h>
#include <math.h>

enum { D = 2, N = 5, NODES = 6, TOTAL = NODES * NODES };

static const double low[D] = {-0.5, -1}, high[D] = {0.7, 0.5};

/* gi = b_i + A_i a + (a_1^2 - a_2^2, -2 a_1 a_2)/4: the gradient of a cubic loss plus a quadratic of each sample. */
/* noinline: the compiler must not contract two inlined copies differently, the test compares bit by bit */
static void __attribute__((noinline)) SampleGradient(int i, const double a[], double g[D]) {
  const double A11 = 1 + 0.3 * i, A12 = 0.1 * (i - 2), A22 = 0.5 + 0.1 * i * i, cubic = 0.25;

  g[0] = 0.2 * (i - 1) + A11 * a[0] + A12 * a[1] + cubic * (a[0] * a[0] - a[1] * a[1]);
  g[1] = 0.1 * i * (i - 3) + A12 * a[0] + A22 * a[1] - 2 * cubic * a[0] * a[1];
}

static void Moments(const double a[], double g[D], double C[D * D]) {
  double gi[D];

  for (int k = 0; k < D * D; k++) C[k] = k < D ? g[k] = 0 : 0;
  for (int i = 0; i < N; i++) {
    SampleGradient(i, a, gi);
    for (int k = 0; k < D; k++) g[k] += gi[k] / N;
  }
  for (int i = 0; i < N; i++) {
    SampleGradient(i, a, gi);
    for (int k = 0; k < D * D; k++) C[k] += (gi[k / D] - g[k / D]) * (gi[k % D] - g[k % D]) / N;
  }
}

/* The mean gradient's own: means of b are (0.2, 0), of A diag(1.6, 1.1). */
static double Loss(const double a[]) {
  return 3 + 0.2 * a[0] + 0.8 * a[0] * a[0] + 0.55 * a[1] * a[1] + a[0] * a[0] * a[0] / 12 - a[0] * a[1] * a[1] / 4;
}

static void Put(hid_t file, const char *name, int axes, const hsize_t *shape, const double *values) {
  const hid_t space = H5Screate_simple(axes, shape, NULL);
  const hid_t set = H5Dcreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT);

  if (values) assert_true(H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, values) >= 0);
  H5Dclose(set);
  H5Sclose(space);
}

static void PutAttribute(hid_t file, const char *name, hsize_t count, const double *values) {
  const hid_t space = H5Screate_simple(1, &count, NULL);
  const hid_t a = H5Acreate2(file, name, H5T_NATIVE_DOUBLE, space, H5P_DEFAULT, H5P_DEFAULT);

  assert_true(H5Awrite(a, H5T_NATIVE_DOUBLE, values) >= 0);
  H5Aclose(a);
  H5Sclose(space);
}

static void PutText(hid_t file, const char *name, const char *text) {
  const hid_t type = H5Tcopy(H5T_C_S1), space = H5Screate(H5S_SCALAR);

  H5Tset_size(type, strlen(text) + 1);
  const hid_t a = H5Acreate2(file, name, type, space, H5P_DEFAULT, H5P_DEFAULT);
  assert_true(H5Awrite(a, type, text) >= 0);
  H5Aclose(a);
  H5Sclose(space);
  H5Tclose(type);
}

typedef enum {
  GOOD,
  NO_SAMPLES,
  SHIFTED_NODE,
  WRONG_COVARIANCE,
  WRONG_SAMPLES,
  NOT_FINITE,
  NO_GRADIENT,
  THREE_TIMES, /* g and C1 of three times the loss */
  TENTH_MORE,  /* g a tenth too large along axis 2 */
  EXCHANGED,   /* the arrays of exchanged axes */
  DECREASING,  /* the nodes from right to left */
  EIGENVALUE,  /* another curvature than g's */
  NO_NUMBER,   /* eigenvalue nan */
  COMPLEX,     /* loss of compound type */
  FILTERED,    /* loss stored with a filter that the reader does not have */
  KINKS,       /* the loss of a rectifier along axis 1 */
  SLIGHTLY,    /* g 0.05 % too large */
  OFFSET,      /* g three times too large under a loss of a hundred million */
  DROWNED,     /* the right one under a loss of a million in single precision: it cannot be compared */
  TURNED,      /* the samples have another covariance between the axes */
  MISSPELT,    /* Gi for gi */
  NO_C1,       /* c1 for C1 */
  FLAT,        /* loss of another shape */
  OBLIQUE,     /* axes that are not orthonormal */
  HOLLOW,      /* C1 that was never written */
  EIGHTH,      /* eigenvalue 0.05 % off */
} Fault;

static void Fill(double (*x)[NODES], double *loss, double *g, double *C, double *gi) {
  for (int k = 0; k < D; k++)
    for (int j = 0; j < NODES; j++) x[k][j] = SgdChebyshevNode(NODES, j, low[k], high[k]);
  for (int m = 0; m < TOTAL; m++) {
    const double a[D] = {x[0][m % NODES], x[1][m / NODES]};
    loss[m] = Loss(a);
    Moments(a, g + m * D, C + m * D * D);
    for (int i = 0; i < N; i++) SampleGradient(i, a, gi + (m * N + i) * D);
  }
}

static void Spoil(Fault fault, double (*x)[NODES], double *loss, double *g, double *C, double *gi) {
  if (fault == SHIFTED_NODE) x[1][2] += 1e-3;
  if (fault == WRONG_COVARIANCE) C[1] = C[2] = 100;
  if (fault == WRONG_SAMPLES) gi[7] += 1e-3;
  if (fault == NOT_FINITE) loss[3] = NAN;
  for (int j = 0; j < NODES && fault == DECREASING; j++)
    x[0][j] = SgdChebyshevNode(NODES, NODES - 1 - j, low[0], high[0]);
  for (int m = 0; m < TOTAL; m++) {
    const double a[D] = {x[fault == EXCHANGED][m / (fault == EXCHANGED ? NODES : 1) % NODES],
                         x[fault != EXCHANGED][m / (fault == EXCHANGED ? 1 : NODES) % NODES]};
    double right[D];
    if (fault == TENTH_MORE) g[m * D + 1] *= 1.1;
    for (int k = 0; k < D && fault == THREE_TIMES; k++) g[m * D + k] *= 3;
    for (int k = 0; k < D * D && fault == THREE_TIMES; k++) C[m * D * D + k] *= 9;
    for (int k = 0; k < D && fault == OFFSET; k++) g[m * D + k] *= 3;
    for (int k = 0; k < D && fault == SLIGHTLY; k++) g[m * D + k] *= 1.0005;
    if (fault == OFFSET) loss[m] += 1e8;
    if (fault == DROWNED) loss[m] = (float)(loss[m] + 1e6);
    if (fault == TURNED) C[m * D * D + 1] = C[m * D * D + 2] = -C[m * D * D + 1];
    if (fault == EXCHANGED) {
      const double swapped[D] = {x[0][m / NODES], x[1][m % NODES]};
      Moments(swapped, right, C + m * D * D);
      loss[m] = Loss(swapped);
      g[m * D] = right[1], g[m * D + 1] = right[0];
    }
    if (fault == KINKS) {
      loss[m] += 0.05 * fabs(a[0] - 0.137);
      g[m * D] += a[0] < 0.137 ? -0.05 : 0.05;
    }
  }
}

/* Stands for lzf and the like: present while the file is written, absent when it is read. */
static size_t Unchanged(unsigned flags, size_t count, const unsigned values[], size_t bytes, size_t *room,
                        void **buffer) {
  (void)flags, (void)count, (void)values, (void)room, (void)buffer;
  return bytes;
}

static void PutSpecial(hid_t file, const hsize_t *shape, Fault fault) {
  const H5Z_class2_t filter = {H5Z_CLASS_T_VERS, 32000, 1, 1, "lzf", NULL, NULL, Unchanged};
  const hid_t space = H5Screate_simple(D, shape, NULL), storage = H5Pcreate(H5P_DATASET_CREATE);
  const hid_t type = H5Tcreate(H5T_COMPOUND, 2 * sizeof(double));
  const double zeros[2 * TOTAL] = {0};

  H5Tinsert(type, "r", 0, H5T_NATIVE_DOUBLE);
  H5Tinsert(type, "i", sizeof(double), H5T_NATIVE_DOUBLE);
  H5Pset_chunk(storage, D, shape);
  if (fault == FILTERED) assert_true(H5Zregister(&filter) >= 0);
  if (fault == FILTERED) H5Pset_filter(storage, 32000, H5Z_FLAG_MANDATORY, 0, NULL);
  const hid_t set = H5Dcreate2(file, "/slice/loss", fault == COMPLEX ? type : H5T_NATIVE_DOUBLE, space, H5P_DEFAULT,
                               storage, H5P_DEFAULT);
  assert_true(H5Dwrite(set, fault == COMPLEX ? type : H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, zeros) >= 0);
  H5Dclose(set);
  H5Sclose(space);
  H5Pclose(storage);
  H5Tclose(type);
}

/* Rank 0 writes slice.h5 in the folder. */
static void Write(Fault fault) {
  static double x[D][NODES], loss[TOTAL], g[TOTAL * D], C[TOTAL * D * D], gi[TOTAL * N * D];
  const hsize_t shape[] = {NODES, NODES, D, D}, samples[] = {NODES, NODES, N, D}, nodes[] = {D, NODES}, all = TOTAL,
                turned[] = {D, 3};
  const double V[] = {1, 0, 0, 0.6, 0, 0.8};
  const double count = N, lambda[D] = {fault == NO_NUMBER ? NAN
                                       : fault == EIGHTH  ? 1.6008
                                                          : 1.6,
                                       fault == EIGENVALUE ? 1.0 : 1.1};
  char path[128];

  if (rank) return;
  Fill(x, loss, g, C, gi);
  Spoil(fault, x, loss, g, C, gi);
  snprintf(path, sizeof path, "%s/slice.h5", folder);
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  H5Gclose(H5Gcreate2(file, "slice", H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  Put(file, "/slice/nodes", 2, nodes, x[0]);
  if (fault == COMPLEX || fault == FILTERED)
    PutSpecial(file, shape, fault);
  else
    Put(file, "/slice/loss", fault == FLAT ? 1 : 2, fault == FLAT ? &all : shape, loss);
  if (fault != NO_GRADIENT) Put(file, "/slice/g", 3, shape, g);
  Put(file, fault == NO_C1 ? "/slice/c1" : "/slice/C1", 4, shape, fault == HOLLOW ? NULL : C);
  if ((fault < THREE_TIMES && fault != NO_SAMPLES) || fault == TURNED) Put(file, "/slice/gi", 4, samples, gi);
  if (fault == MISSPELT) Put(file, "/slice/Gi", 4, samples, gi);
  if (fault == OBLIQUE) Put(file, "/V", 2, turned, V);
  PutText(file, "format", "sgdfp-slice-1");
  PutAttribute(file, "samples", 1, &count);
  PutAttribute(file, "min", D, low);
  PutAttribute(file, "max", D, high);
  PutAttribute(file, fault == MISSPELT ? "eigenvalue" : "eigenvalues", D, lambda);
  H5Fclose(file);
  if (fault == FILTERED) H5Zunregister(32000);
}

static void Open(Fault fault, SgdCase *c, SgdLandscape *l) {
  Write(fault);
  *c = OpenText(PETSC_COMM_WORLD, "landscape: {family: slice_file, file: slice.h5}\n");
  assert_int_equal(SgdLandscapeCreate(*c, l), 0);
  assert_int_equal(SgdLandscapeDimension(*l), D);
  assert_int_equal(SgdLandscapePopulation(*l), N);
}

static void Close(SgdCase *c, SgdLandscape *l) {
  assert_int_equal(SgdLandscapeDestroy(l), 0);
  assert_int_equal(SgdCaseClose(c), 0);
}

/* Loss, g and C1 at a node, between nodes, and on turned axes. */
static void CheckPoint(SgdLandscape l, const double a[]) {
  const double turned[D * D] = {0.6, 0.8, -0.8, 0.6}, straight[D * D] = {1, 0, 0, 1};
  double loss, g[D], C[D * D], outside, g0[D], C0[D * D], expected;

  Moments(a, g0, C0);
  assert_int_equal(SgdLandscapePoint(l, a, D, straight, &loss, g, C, &outside), 0);
  assert_true(fabs(loss - Loss(a)) < 1e-12 && fabs(outside) < 1e-12);
  for (int k = 0; k < D; k++) assert_true(fabs(g[k] - g0[k]) < 1e-13);
  for (int k = 0; k < D * D; k++) assert_true(fabs(C[k] - C0[k]) < 1e-12);
  assert_int_equal(SgdLandscapePoint(l, a, D, turned, NULL, g, C, NULL), 0);
  for (int p = 0; p < D; p++) {
    assert_true(fabs(g[p] - turned[p * D] * g0[0] - turned[p * D + 1] * g0[1]) < 1e-13);
    for (int q = 0; q < D; q++) {
      expected = 0;
      for (int k = 0; k < D * D; k++) expected += turned[p * D + k / D] * C0[k] * turned[q * D + k % D];
      assert_true(fabs(C[p * D + q] - expected) < 1e-12);
    }
  }
}

/* H a from the formula: mean A = [1.6, 0; 0, 1.1], plus the cubic's. */
static void CheckHessian(SgdLandscape l, const double a[]) {
  const double v[D] = {0.3, -0.7}, H[D * D] = {1.6 + a[0] / 2, -a[1] / 2, -a[1] / 2, 1.1 - a[0] / 2};
  double hv[D], loss, g[D], mean[D], C[D * D];

  assert_int_equal(SgdLandscapeHessianApply(l, a, v, hv), 0);
  for (int k = 0; k < D; k++) assert_true(fabs(hv[k] - H[k * D] * v[0] - H[k * D + 1] * v[1]) < 1e-12);
  assert_int_equal(SgdLandscapeGradient(l, a, &loss, g), 0);
  Moments(a, mean, C);
  assert_true(fabs(loss - Loss(a)) < 1e-13 && fabs(g[0] - mean[0]) < 1e-13 && fabs(g[1] - mean[1]) < 1e-13);
}

/* Along axis 1: A_11 of sample i is 1 + 0.3 i (variance 0.18), b its gradient. */
static void CheckModeNoise(SgdLandscape l, const double a[], PetscBool samples) {
  const double v[D] = {1, 0};
  double D1, Gamma1, cov1, expected = 0, g[D], C[D * D], gi[D];

  Moments(a, g, C);
  for (int i = 0; i < N; i++) {
    SampleGradient(i, a, gi);
    expected += (gi[0] - g[0]) * 0.3 * (i - 2) / N;
  }
  assert_int_equal(SgdLandscapeModeNoise(l, a, v, &D1, &Gamma1, &cov1), 0);
  assert_true(fabs(D1 - C[0]) < 1e-13 && fabs(cov1 - expected) < 1e-12);
  assert_true(fabs(Gamma1 - (samples ? 0.18 : 0)) < 1e-12);
}

static void TestFields(void **state) {
  const double points[][D] = {{0.7, 0.5}, {0.1, -0.25}, {0.123, 0.321}, {-0.44, -0.9}};
  SgdLandscape l;
  SgdCase c;

  (void)state;
  for (int samples = 0; samples < 2; samples++) {
    Open(samples ? GOOD : NO_SAMPLES, &c, &l);
    assert_int_equal(SgdLandscapeSamples(l), samples ? N : 0);
    for (int k = 0; k < 4; k++) {
      CheckPoint(l, points[k]);
      CheckHessian(l, points[k]);
      CheckModeNoise(l, points[k], (PetscBool)samples);
    }
    assert_true(fabs(SgdLandscapeBatchFactor(l, 2, SGD_WITHOUT_REPLACEMENT) - 3.0 / 8) < 1e-15);
    assert_true(SgdLandscapeGetDomain(l).nodes == NODES && SgdLandscapeGetDomain(l).max[1] == 0.5);
    Close(&c, &l);
  }
}

/* Node by node, the file's numbers themselves (the compiler may round the formula differently here and there). */
static void TestNodesAreExact(void **state) {
  const double V[D * D] = {1, 0, 0, 1};
  double a[D], gi[N * D], expected[D];
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open(GOOD, &c, &l);
  for (int m = 0; m < TOTAL; m++) {
    a[0] = SgdChebyshevNode(NODES, m % NODES, low[0], high[0]);
    a[1] = SgdChebyshevNode(NODES, m / NODES, low[1], high[1]);
    assert_int_equal(SgdLandscapeSampleGradients(l, a, D, V, gi), 0);
    for (int i = 0; i < N; i++) {
      SampleGradient(i, a, expected);
      for (int k = 0; k < D; k++) assert_true(fabs(gi[i * D + k] - expected[k]) <= 1e-15);
    }
  }
  Close(&c, &l);
}

static void TestBatchGradient(void **state) {
  const PetscInt index[] = {4, 1, 4};
  const double a[D] = {0.2, -0.3};
  double g[D], one[D], two[D];
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open(GOOD, &c, &l);
  assert_int_equal(SgdLandscapeBatchGradient(l, a, 3, index, NULL, g), 0);
  SampleGradient(4, a, one);
  SampleGradient(1, a, two);
  for (int k = 0; k < D; k++) assert_true(fabs(g[k] - (2 * one[k] + two[k]) / 3) < 1e-13);
  Close(&c, &l);
}

/* Beyond the box: the nearest point in it. */
static void TestOutside(void **state) {
  const double V[D * D] = {1, 0, 0, 1}, beyond[D] = {3, -0.25}, edge[D] = {0.7, -0.25};
  double loss[2], g[2 * D], C[2 * D * D];
  SgdLandscape l;
  SgdCase c;

  (void)state;
  Open(NO_SAMPLES, &c, &l);
  assert_int_equal(SgdLandscapePoint(l, beyond, D, V, &loss[0], g, C, NULL), 0);
  assert_int_equal(SgdLandscapePoint(l, edge, D, V, &loss[1], g + D, C + D * D, NULL), 0);
  assert_true(loss[0] == loss[1] && g[0] == g[D] && g[1] == g[D + 1] && C[0] == C[D * D]);
  Close(&c, &l);
}

static void ExpectError(const char *section, int exit, const char *words) {
  SgdCase c = OpenText(PETSC_COMM_WORLD, section);
  PetscErrorCode ierr;
  SgdLandscape l;

  CatchStderr();
  ierr = SgdLandscapeCreate(c, &l);
  ReleaseStderr(words);
  assert_int_equal(SgdExitCode(ierr), exit);
  assert_int_equal(SgdCaseClose(&c), 0);
}

static void TestErrors(void **state) {
  static const struct {
    Fault fault;
    const char *words;
  } faults[] = {
      {SHIFTED_NODE, "axis 2: node 3 is"},
      {WRONG_COVARIANCE, "/slice/C1 at node 1 is no covariance"},
      {WRONG_SAMPLES, "/slice/gi at node 1, axis 2: mean"},
      {NOT_FINITE, "/slice/loss holds numbers that are not finite"},
      {NO_GRADIENT, "has no dataset /slice/g"},
      {THREE_TIMES, "differ by 0.67 of their size"},
      {THREE_TIMES, "g fits 3 times the slope"},
      {TENTH_MORE, "/slice/g along axis 2 is not the slope of /slice/loss"},
      {EXCHANGED, "/slice/g along axis 1 is not the slope of /slice/loss"},
      {DECREASING, "axis 1: node 1 is 0.7, but the Chebyshev point of the second kind, in increasing order, is -0.5"},
      {EIGENVALUE, "along axis 2 is 1.1 by /slice/g, but the attribute eigenvalues says 1 "},
      {NO_NUMBER, "the attribute eigenvalues is nan for axis 1"},
      {SLIGHTLY, "g fits 1.0005 times the slope"},
      {OFFSET, "g fits 3 times the slope"},
      {TURNED, "/slice/gi at node 1, axis 1 with another"},
      {NO_C1, "has no dataset /slice/C1; is it /slice/c1?"},
      {FLAT, "dataset /slice/loss has the shape [36]; nodes, axes and samples ask for [6][6]"},
      {OBLIQUE, "/V: axes 1 and 2 have the product 0.6"},
      {HOLLOW, "dataset /slice/C1 was never written"},
      {COMPLEX, "dataset /slice/loss holds compound values (complex numbers?), not real numbers"},
      {FILTERED, "dataset /slice/loss is stored with the filter lzf (number 32000)"}};

  (void)state;
  for (size_t k = 0; k < sizeof faults / sizeof *faults; k++) {
    Write(faults[k].fault);
    ExpectError("landscape: {family: slice_file, file: slice.h5}\n", SGD_EXIT_FILES, faults[k].words);
  }
  ExpectError("landscape: {family: slice_file, file: case.yaml}\n", SGD_EXIT_FILES, "is not a readable HDF5 file");
  ExpectError("landscape: {family: slice_file, file: nowhere.h5}\n", SGD_EXIT_FILES, "landscape.file");
  ExpectError("landscape: {family: slice_file}\n", SGD_EXIT_CASE, "landscape.file");
}

/* A network with kinks is no fault: read, with the figure; and other files that are read with a word. */
static void TestWarnings(void **state) {
  SgdJournal journal;
  SgdLandscape l;
  SgdCase c;

  (void)state;
  assert_int_equal(SgdJournalOpen(PETSC_COMM_WORLD, PETSC_FALSE, &journal), 0);
  Open(GOOD, &c, &l);
  Close(&c, &l);
  assert_int_equal(SgdWarningCount(journal), 0);
  Open(KINKS, &c, &l);
  assert_int_equal(SgdWarningCount(journal), 1);
  assert_non_null(strstr(SgdWarning(journal, 0), "along axis 1 the loss and the integral of g differ by"));
  assert_non_null(strstr(SgdWarning(journal, 0), "unresolved (a network with kinks"));
  Close(&c, &l);
  Open(DROWNED, &c, &l);
  assert_non_null(strstr(SgdWarning(journal, 1), "it could not be compared with g"));
  Close(&c, &l);
  Open(MISSPELT, &c, &l);
  assert_non_null(strstr(SgdWarning(journal, 2), "/slice/Gi is not known and not read (gi?)"));
  assert_non_null(strstr(SgdWarning(journal, 2), "the attribute eigenvalue is not known and not read (eigenvalues?)"));
  Close(&c, &l);
  Open(EIGHTH, &c, &l);
  assert_non_null(strstr(SgdWarning(journal, 3), "1.6008 by the attribute eigenvalues"));
  Close(&c, &l);
  assert_int_equal(SgdJournalClose(&journal), 0);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(TestFields),        cmocka_unit_test(TestNodesAreExact),
                                     cmocka_unit_test(TestBatchGradient), cmocka_unit_test(TestOutside),
                                     cmocka_unit_test(TestErrors),        cmocka_unit_test(TestWarnings)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL) || SgdErrorHandlerPush()) return 1;
  failed = cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
