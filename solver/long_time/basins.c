#include "solver/long_time/basins.h"
#include <petscblaslapack.h>

#define LEAST_GAP 5     /* ratio of decay rates */
#define SUPPORT   1e-4  /* places whose density is below this part of the largest are no corners */
#define FLOOR     1e-13 /* decay a step that is rounding */

typedef struct {
  SgdGrid grid;
  PetscInt local;
  int m;
  const double *u[SGD_MOST_BASINS]; /* left eigenfunctions on this rank's cells */
  const double *p;
  double least;                                                        /* density of the support */
  double L[SGD_MOST_BASINS * SGD_MOST_BASINS], first[SGD_MOST_BASINS]; /* Whiten; the first corner's coordinates */
  double direction[SGD_MOST_BASINS][SGD_MOST_BASINS]; /* orthonormal: what the corners found so far span */
  double corner[SGD_MOST_BASINS][SGD_MOST_BASINS];    /* the eigenfunctions there */
  PetscInt cell[SGD_MOST_BASINS];                     /* and their places */
} Simplex;

/* Modes 0 .. m-1 real and slow, the next one LEAST_GAP times as fast and more: m, or 0. */
static int CountSlow(SgdEigenpairs e, SgdModelKind kind, double eta, double *gap) {
  const double first = SgdEigenpairsLogMu(e, kind, eta, 0);
  int m = 0;

  *gap = LEAST_GAP;
  for (int k = 1; k + 1 < e->count && k < SGD_MOST_BASINS && e->im[k] == 0; k++) {
    if (kind == SGD_MAP && e->re[k] <= 0) break;
    const double slow = PetscMax(FLOOR, first - SgdEigenpairsLogMu(e, kind, eta, k));
    const double ratio = (first - SgdEigenpairsLogMu(e, kind, eta, k + 1)) / slow;
    if (ratio < *gap) continue;
    *gap = ratio;
    m = k + 1;
  }
  return m;
}

/* Coordinates in which the eigenfunctions are orthonormal with weight p: distances do not depend on how the solver
   turned or scaled them (degenerate ones come in any mixture). x = L^{-1} u, with L L^T = U^T diag(p) U. */
static PetscErrorCode Whiten(Simplex *s) {
  PetscBLASInt m = s->m, info;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(s->L, SGD_MOST_BASINS * SGD_MOST_BASINS));
  for (PetscInt i = 0; i < s->local; i++)
    for (int j = 0; j < m; j++)
      for (int k = 0; k <= j; k++) s->L[k * m + j] += s->p[i] * s->u[j][i] * s->u[k][i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->L, m * m, MPI_DOUBLE, MPI_SUM, s->grid->comm));
  PetscCallBLAS("LAPACKpotrf", LAPACKpotrf_("L", &m, s->L, &m, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK potrf failed (%d): dependent left eigenfunctions",
             (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Coordinates(const Simplex *s, const double u[], double x[]) {
  for (int j = 0; j < s->m; j++) {
    x[j] = u[j];
    for (int k = 0; k < j; k++) x[j] -= s->L[k * s->m + j] * x[k];
    x[j] /= s->L[j * s->m + j];
  }
}

/* x, seen from the first corner, without its part in the corners' span. */
static void Reduce(const Simplex *s, int found, double x[]) {
  for (int k = 0; k < s->m && found; k++) x[k] -= s->first[k];
  for (int r = 1; r < found; r++) {
    double dot = 0;
    for (int k = 0; k < s->m; k++) dot += s->direction[r][k] * x[k];
    for (int k = 0; k < s->m; k++) x[k] -= dot * s->direction[r][k];
  }
}

static double Square(int m, const double x[]) {
  double square = 0;
  for (int k = 0; k < m; k++) square += x[k] * x[k];
  return square;
}

/* Squared distance of a place of this rank from the corners' span; -1 out of the support. */
static double Distance(const Simplex *s, PetscInt i, int found) {
  double u[SGD_MOST_BASINS], x[SGD_MOST_BASINS];

  if (s->p[i] < s->least) return -1;
  for (int k = 0; k < s->m; k++) u[k] = s->u[k][i];
  Coordinates(s, u, x);
  Reduce(s, found, x);
  return Square(s->m, x);
}

/* The farthest place of all ranks' support; of those that symmetry makes equal, the first. */
static PetscErrorCode Farthest(Simplex *s, int found) {
  const PetscInt start = s->grid->first_cell;
  PetscInt cell = PETSC_MAX_INT;
  double most = -1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++) most = PetscMax(most, Distance(s, i, found));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, s->grid->comm));
  for (PetscInt i = 0; i < s->local && cell == PETSC_MAX_INT; i++)
    if (Distance(s, i, found) >= most * (1 - 1e-6)) cell = start + i;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &cell, 1, MPIU_INT, MPI_MIN, s->grid->comm));
  for (int k = 0; k < s->m; k++)
    s->corner[found][k] = cell >= start && cell < start + s->local ? s->u[k][cell - start] : 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->corner[found], s->m, MPI_DOUBLE, MPI_SUM, s->grid->comm));
  s->cell[found] = cell;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindCorners(Simplex *s) {
  PetscFunctionBegin;
  PetscCall(Whiten(s));
  for (int found = 0; found < s->m; found++) {
    double *x = s->direction[found];
    PetscCall(Farthest(s, found));
    Coordinates(s, s->corner[found], found ? x : s->first);
    if (!found) continue;
    Reduce(s, found, x);
    const double size = sqrt(Square(s->m, x));
    for (int k = 0; k < s->m; k++) x[k] /= size;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The place of a corner among eighths of the box, the slowest axis first. */
static int Eighth(const Simplex *s, int corner) {
  double x[3];
  int key = 0;

  SgdGridCentre(s->grid, s->cell[corner], x);
  for (int a = s->grid->dim - 1; a >= 0; a--)
    key = 8 * key + (int)(8 * (x[a] - s->grid->min[a]) / (s->grid->max[a] - s->grid->min[a]));
  return key;
}

/* By their places, so that symmetry and rounding do not decide on the sets' numbers. */
static void SortCorners(Simplex *s) {
  for (int i = 1; i < s->m; i++)
    for (int j = i; j > 0 && Eighth(s, j) < Eighth(s, j - 1); j--) {
      const PetscInt cell = s->cell[j];
      s->cell[j] = s->cell[j - 1];
      s->cell[j - 1] = cell;
      for (int k = 0; k < s->m; k++) {
        const double x = s->corner[j][k];
        s->corner[j][k] = s->corner[j - 1][k];
        s->corner[j - 1][k] = x;
      }
    }
}

/* A, the inverse of the corners' coordinates (rows: corners), by columns: corner A = 1. */
static PetscErrorCode Invert(const Simplex *s, double A[]) {
  double M[SGD_MOST_BASINS * SGD_MOST_BASINS];
  PetscBLASInt m = s->m, pivot[SGD_MOST_BASINS], info;

  PetscFunctionBegin;
  for (int i = 0; i < m; i++)
    for (int k = 0; k < m; k++) {
      M[k * m + i] = s->corner[i][k];
      A[k * m + i] = i == k;
    }
  PetscCallBLAS("LAPACKgesv", LAPACKgesv_(&m, &m, M, &m, pivot, A, &m, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK gesv failed (%d): fewer sets than slow modes", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* G = A^-1 diag(rate) A; the rows of A^-1 are the corners. */
static void Rates(const Simplex *s, const double A[], const double rate[], SgdBasins *b) {
  for (int i = 0; i < s->m; i++)
    for (int j = 0; j < s->m; j++) {
      b->rate[i][j] = 0;
      for (int k = 0; k < s->m; k++) b->rate[i][j] += s->corner[i][k] * rate[k] * A[j * s->m + k];
    }
}

/* chi = u A */
static PetscErrorCode Memberships(const Simplex *s, const double A[], Vec like, SgdBasins *b) {
  double *chi;

  PetscFunctionBegin;
  for (int j = 0; j < s->m; j++) {
    PetscCall(VecDuplicate(like, &b->chi[j]));
    PetscCall(VecGetArrayWrite(b->chi[j], &chi));
    for (PetscInt i = 0; i < s->local; i++) {
      chi[i] = 0;
      for (int k = 0; k < s->m; k++) chi[i] += s->u[k][i] * A[j * s->m + k];
    }
    PetscCall(VecRestoreArrayWrite(b->chi[j], &chi));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Weigh(const Simplex *s, SgdBasins *b) {
  double sum[4 * SGD_MOST_BASINS] = {0}, x[3];

  PetscFunctionBegin;
  for (int j = 0; j < b->count; j++) {
    const double *chi;
    PetscCall(VecGetArrayRead(b->chi[j], &chi));
    for (PetscInt i = 0; i < s->local; i++) {
      SgdGridCentre(s->grid, s->grid->first_cell + i, x);
      sum[4 * j] += s->p[i] * chi[i];
      for (int a = 0; a < s->grid->dim; a++) sum[4 * j + 1 + a] += s->p[i] * chi[i] * x[a];
    }
    PetscCall(VecRestoreArrayRead(b->chi[j], &chi));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 4 * SGD_MOST_BASINS, MPI_DOUBLE, MPI_SUM, s->grid->comm));
  for (int j = 0; j < b->count; j++) {
    b->mass[j] = sum[4 * j];
    for (int a = 0; a < s->grid->dim; a++) b->centre[j][a] = sum[4 * j + 1 + a] / sum[4 * j];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Corners, memberships, rates, masses from the left eigenpairs. */
static PetscErrorCode Divide(Simplex *s, SgdModelKind kind, double eta, SgdEigenpairs left, SgdBasins *b) {
  double A[SGD_MOST_BASINS * SGD_MOST_BASINS], rate[SGD_MOST_BASINS];

  PetscFunctionBegin;
  for (int k = 0; k < s->m; k++) {
    double size;
    PetscCall(VecNorm(left->v[k], NORM_INFINITY, &size));
    PetscCall(VecScale(left->v[k], 1 / size));
    PetscCall(VecGetArrayRead(left->v[k], &s->u[k]));
    rate[k] = SgdEigenpairsLogMu(left, kind, eta, k) / eta;
  }
  PetscCall(FindCorners(s));
  SortCorners(s);
  PetscCall(Invert(s, A));
  Rates(s, A, rate, b);
  PetscCall(Memberships(s, A, left->v[0], b));
  for (int k = 0; k < s->m; k++) PetscCall(VecRestoreArrayRead(left->v[k], &s->u[k]));
  PetscCall(Weigh(s, b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinsFind(SgdModel model, SgdGrid grid, double eta, SgdEigenpairs e, Vec p,
                             const SgdEigenpairsOptions *o, SgdBasins *b) {
  const SgdModelKind kind = SgdModelGetKind(model);
  SgdEigenpairsOptions options = *o;
  Simplex s = {.grid = grid, .local = grid->last_cell - grid->first_cell};
  SgdEigenpairs left;

  PetscFunctionBegin;
  *b = (SgdBasins){0};
  b->count = s.m = options.eigenpairs = CountSlow(e, kind, eta, &b->gap);
  if (!b->count) PetscFunctionReturn(PETSC_SUCCESS);
  options.adjoint = PETSC_TRUE;
  PetscCall(SgdEigenpairsCompute(model, grid, eta, &options, &left));
  PetscCall(VecMax(p, NULL, &s.least));
  s.least *= SUPPORT;
  PetscCall(VecGetArrayRead(p, &s.p));
  PetscCall(Divide(&s, kind, eta, left, b));
  PetscCall(VecRestoreArrayRead(p, &s.p));
  PetscCall(SgdEigenpairsDestroy(&left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinsFree(SgdBasins *b) {
  PetscFunctionBegin;
  for (int j = 0; j < b->count; j++) PetscCall(VecDestroy(&b->chi[j]));
  b->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
