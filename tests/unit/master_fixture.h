/* What the tests of the master equation share: a model with fields filled in by formulas, and norms of state vectors.
 */
#pragma once
#include "operators/master/master.h"
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <slepcsys.h>

typedef void (*Formula)(const double x[], double g[], double C[]);

typedef struct {
  SgdStep step;
  SgdReport report;
  SgdGrid grid;
} Fixture;

static MPI_Comm fixture_comm = MPI_COMM_NULL; /* PETSC_COMM_WORLD unless a test says otherwise */

static inline void OpenFixture(Fixture *f, int dim, const PetscInt n[], const double min[], const double max[],
                               const SgdBoundary boundary[], double eta, Formula formula) {
  SgdFields fields;
  double x[3] = {0, 0, 0}, g[3], C[6];

  memset(f, 0, sizeof *f);
  const MPI_Comm comm = fixture_comm == MPI_COMM_NULL ? PETSC_COMM_WORLD : fixture_comm;
  assert_int_equal(SgdGridCreate(comm, dim, n, min, max, boundary, &f->grid), 0);
  assert_int_equal(PetscNew(&fields), 0);
  fields->grid = f->grid;
  fields->first_row = f->grid->first_row;
  fields->last_row = f->grid->last_row;
  fields->first_cell = f->grid->first_cell;
  fields->last_cell = f->grid->last_cell;
  const PetscInt cells = fields->last_cell - fields->first_cell;
  for (int a = 0; a < dim; a++) assert_int_equal(PetscMalloc1(cells, &fields->g[a]), 0);
  for (int p = 0; p < SGD_PAIRS(dim); p++) assert_int_equal(PetscMalloc1(cells, &fields->C[p]), 0);
  for (PetscInt i = 0; i < cells; i++) {
    SgdGridCentre(f->grid, fields->first_cell + i, x);
    formula(x, g, C);
    for (int a = 0; a < dim; a++) fields->g[a][i] = g[a];
    for (int p = 0; p < SGD_PAIRS(dim); p++) fields->C[p][i] = C[p];
  }
  f->step.fields = fields;
  f->step.learning_rate = eta;
  f->step.batch = 1;
  strcpy(f->report.name, "master");
}

static inline void CloseFixture(Fixture *f) {
  SgdFields fields = f->step.fields;

  for (int a = 0; a < 3; a++) assert_int_equal(PetscFree(fields->g[a]), 0);
  for (int p = 0; p < 6; p++) assert_int_equal(PetscFree(fields->C[p]), 0);
  assert_int_equal(PetscFree(fields), 0);
  assert_int_equal(SgdGridDestroy(&f->grid), 0);
}

/* One-step maps of the same fixture by two methods; NULL parameters for laws without any. */
static inline Mat SpreadMap(Fixture *f, const char *name, const SgdStepLawParameters *parameters, double tolerance) {
  static const SgdStepLawParameters none = {0};
  const SgdLawAccuracy accuracy = {.tolerance = tolerance, .most = 200, .support = &f->step.support};
  SgdNoiseLaw law;
  double error;
  int terms;
  Mat A;

  assert_int_equal(SgdNoiseLawCreate(&f->step, NULL, "law", name, parameters ? parameters : &none, &law), 0);
  assert_int_equal(SgdMasterSpread(&f->step, &f->report, law, &accuracy, &terms, &error, &A), 0);
  assert_true(terms > 0);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  return A;
}

static inline Mat DenseMap(Fixture *f, const char *name, const SgdStepLawParameters *parameters) {
  static const SgdStepLawParameters none = {0};
  SgdNoiseLaw law;
  Mat A;

  assert_int_equal(SgdNoiseLawCreate(&f->step, NULL, "law", name, parameters ? parameters : &none, &law), 0);
  assert_int_equal(SgdMasterDenseLaw(&f->step, law, &A), 0);
  assert_int_equal(SgdNoiseLawDestroy(&law), 0);
  return A;
}

/* The sum of all entries, in extended precision so that it adds no error of its own. */
static inline double SumOf(Vec y) {
  const PetscScalar *v;
  PetscInt n;
  long double sum = 0, all;

  assert_int_equal(VecGetLocalSize(y, &n), 0);
  assert_int_equal(VecGetArrayRead(y, &v), 0);
  for (PetscInt i = 0; i < n; i++) sum += v[i];
  assert_int_equal(VecRestoreArrayRead(y, &v), 0);
  MPI_Allreduce(&sum, &all, 1, MPI_LONG_DOUBLE, MPI_SUM, PetscObjectComm((PetscObject)y));
  return (double)all;
}

/* A Gaussian with independent axes as a state vector, of mass 1. */
static inline Vec GaussianState(SgdGrid grid, const double mean[], const double sd[]) {
  Vec y;
  PetscScalar *v;
  double x[3];

  assert_int_equal(SgdGridCreateState(grid, &y), 0);
  assert_int_equal(VecGetArray(y, &v), 0);
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    double exponent = 0;
    SgdGridCentre(grid, cell, x);
    for (int a = 0; a < grid->dim; a++) exponent += PetscSqr((x[a] - mean[a]) / sd[a]);
    v[cell - grid->first_cell] = exp(-0.5 * exponent);
  }
  assert_int_equal(VecRestoreArray(y, &v), 0);
  assert_int_equal(VecScale(y, 1 / SumOf(y)), 0);
  return y;
}

/* y <- A^steps y */
static inline void Advance(Mat A, Vec y, int steps) {
  Vec z;

  assert_int_equal(VecDuplicate(y, &z), 0);
  for (int n = 0; n < steps; n++) {
    assert_int_equal(MatMult(A, y, z), 0);
    assert_int_equal(VecCopy(z, y), 0);
  }
  assert_int_equal(VecDestroy(&z), 0);
}

/* sum |x - y| */
static inline double L1Distance(Vec x, Vec y) {
  Vec z;
  PetscReal norm;

  assert_int_equal(VecDuplicate(x, &z), 0);
  assert_int_equal(VecCopy(x, z), 0);
  assert_int_equal(VecAXPY(z, -1, y), 0);
  assert_int_equal(VecNorm(z, NORM_1, &norm), 0);
  assert_int_equal(VecDestroy(&z), 0);
  return norm;
}

static inline void CheckBelow(const char *what, double value, double limit) {
  int rank;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  if (!rank) printf("    %-60s %.2e (limit %.0e)\n", what, value, limit);
  if (!(value <= limit)) fail_msg("%s: %g > %g", what, value, limit);
}
