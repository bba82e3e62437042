/* Moments by the midpoint rule: cell j holds the mass m_j at its centre x_j, so a moment is a plain sum over cells. For
   a density that is smooth on the grid and vanishes at the ends this is spectrally accurate.

   Two passes: the mass and the mean first, everything else centred about that mean, so that a narrow density far from
   the origin loses no digits. Sums are compensated (sum.h). */
#include "solver/measures/moments.h"
#include "cases/base/sum.h"
#include "meshes/fields.h"

/* What the first pass sums. */
enum { MASS, NEGATIVE, ENTROPY, FIRST };
#define FIRST_PASS (FIRST + 3)
/* What the second pass sums: centred first, second (6), third and fourth moments. */
enum { DRIFT, SECOND = 3, THIRD = 9, FOURTH = 12 };
#define SECOND_PASS 15

static void FirstPass(SgdGrid grid, const double *m, const double *middle, SgdSum *sum, double *least) {
  for (PetscInt j = 0; j < grid->last_cell - grid->first_cell; j++) {
    double x[3];

    SgdGridCentre(grid, grid->first_cell + j, x);
    SgdSumAdd(&sum[MASS], m[j]);
    if (m[j] < 0.0) SgdSumAdd(&sum[NEGATIVE], -m[j]);
    if (m[j] > 0.0) SgdSumAdd(&sum[ENTROPY], -m[j] * log(m[j] / grid->volume));
    for (int a = 0; a < grid->dim; a++) SgdSumAdd(&sum[FIRST + a], m[j] * (x[a] - middle[a]));
    *least = PetscMin(*least, m[j] / grid->volume);
  }
}

static void SecondPass(SgdGrid grid, const double *m, const double *mean, SgdSum *sum) {
  for (PetscInt j = 0; j < grid->last_cell - grid->first_cell; j++) {
    double x[3];

    SgdGridCentre(grid, grid->first_cell + j, x);
    for (int a = 0; a < grid->dim; a++) x[a] -= mean[a];
    for (int a = 0; a < grid->dim; a++) {
      double second = m[j] * x[a] * x[a];

      SgdSumAdd(&sum[DRIFT + a], m[j] * x[a]);
      for (int b = a; b < grid->dim; b++) SgdSumAdd(&sum[SECOND + SgdPair(grid->dim, a, b)], m[j] * x[a] * x[b]);
      SgdSumAdd(&sum[THIRD + a], second * x[a]);
      SgdSumAdd(&sum[FOURTH + a], second * x[a] * x[a]);
    }
  }
}

/* cov_ab = <x_a x_b>, skewness = <x^3> / var^(3/2), kurtosis = <x^4> / var^2, <.> normalised by the mass inside; the
   rounding left in the mean (delta) is taken out of the covariance. */
static void Centred(SgdGrid grid, const double *sum, SgdMoments *m) {
  for (int a = 0; a < grid->dim; a++) {
    for (int b = a; b < grid->dim; b++) {
      int ab = SgdPair(grid->dim, a, b);
      m->cov[ab] = sum[SECOND + ab] / m->mass - (sum[DRIFT + a] / m->mass) * (sum[DRIFT + b] / m->mass);
    }
    double var = m->cov[SgdPair(grid->dim, a, a)];
    m->skewness[a] = var > 0.0 ? sum[THIRD + a] / m->mass / (var * sqrt(var)) : NAN;
    m->kurtosis[a] = var > 0.0 ? sum[FOURTH + a] / m->mass / (var * var) : NAN;
  }
}

/* With no mass left inside there is no mean: not a number, which tables print as such. */
static void Undefined(SgdGrid grid, SgdMoments *m) {
  for (int a = 0; a < grid->dim; a++) m->mean[a] = m->skewness[a] = m->kurtosis[a] = NAN;
  for (int p = 0; p < SGD_PAIRS(grid->dim); p++) m->cov[p] = NAN;
}

static PetscErrorCode Outflow(SgdGrid grid, Vec y, SgdMoments *m) {
  SgdSum out = {0.0, 0.0};

  PetscFunctionBegin;
  PetscCall(SgdGridLedger(grid, y, m->lost));
  for (int f = 0; f < grid->ledger; f++) SgdSumAdd(&out, m->lost[f]);
  m->outflow = out.value + out.lost;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MassAndMean(SgdGrid grid, const double *cell, SgdMoments *m) {
  SgdSum local[FIRST_PASS] = {{0.0, 0.0}};
  double sum[FIRST_PASS], middle[3] = {0.0, 0.0, 0.0}, least = PETSC_INFINITY;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) middle[a] = 0.5 * (grid->min[a] + grid->max[a]);
  FirstPass(grid, cell, middle, local, &least);
  PetscCall(SgdSumReduce(grid->comm, FIRST_PASS, local, sum));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &least, 1, MPI_DOUBLE, MPI_MIN, grid->comm));
  m->mass = sum[MASS];
  m->negative_mass = sum[NEGATIVE];
  m->entropy = sum[ENTROPY];
  m->min_density = least;
  if (PetscIsNanReal(m->mass))
    m->negative_mass = m->entropy = m->min_density = NAN; /* which no comparison lets through */
  for (int a = 0; a < grid->dim; a++) m->mean[a] = middle[a] + sum[FIRST + a] / m->mass;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMomentsCompute(SgdGrid grid, Vec y, SgdMoments *m) {
  SgdSum local[SECOND_PASS] = {{0.0, 0.0}};
  double sum[SECOND_PASS];
  const PetscScalar *cell;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(m, sizeof *m));
  PetscCall(Outflow(grid, y, m));
  PetscCall(VecGetArrayRead(y, &cell));
  PetscCall(MassAndMean(grid, cell, m));
  /* no more mass than the negative cells hold: what is left is noise about zero */
  if (m->mass > m->negative_mass) {
    SecondPass(grid, cell, m->mean, local);
    PetscCall(SgdSumReduce(grid->comm, SECOND_PASS, local, sum));
    Centred(grid, sum, m);
  } else
    Undefined(grid, m);
  PetscCall(VecRestoreArrayRead(y, &cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The index along `axis` of a cell: stride is the number of cells in the faster axes together. */
static PetscInt Stride(SgdGrid grid, int axis) {
  PetscInt stride = 1;
  for (int a = 0; a < axis; a++) stride *= grid->n[a];
  return stride;
}

PetscErrorCode SgdMarginal(SgdGrid grid, Vec y, int axis, double *density) {
  PetscInt n = grid->n[axis], stride = Stride(grid, axis);
  const PetscScalar *cell;
  SgdSum *bin;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(n, &bin));
  PetscCall(VecGetArrayRead(y, &cell));
  for (PetscInt j = grid->first_cell; j < grid->last_cell; j++)
    SgdSumAdd(&bin[(j / stride) % n], cell[j - grid->first_cell]);
  PetscCall(VecRestoreArrayRead(y, &cell));
  PetscCall(SgdSumReduce(grid->comm, (int)n, bin, density));
  for (PetscInt i = 0; i < n; i++) density[i] /= grid->h[axis];
  PetscCall(PetscFree(bin));
  PetscFunctionReturn(PETSC_SUCCESS);
}
