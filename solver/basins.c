#include "basins.h"
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
  double least;                                       /* density of the support */
  double direction[SGD_MOST_BASINS][SGD_MOST_BASINS]; /* orthonormal: what the corners found so far span */
  double corner[SGD_MOST_BASINS][SGD_MOST_BASINS];    /* coordinates of the corners */
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

/* Squared distance of place i from the corners' span, seen from the first corner. */
static double Distance(const Simplex *s, PetscInt i, int found) {
  double x[SGD_MOST_BASINS], square = 0;

  for (int k = 0; k < s->m; k++) x[k] = s->u[k][i] - (found ? s->corner[0][k] : 0);
  for (int r = 1; r < found; r++) {
    double dot = 0;
    for (int k = 0; k < s->m; k++) dot += s->direction[r][k] * x[k];
    for (int k = 0; k < s->m; k++) x[k] -= dot * s->direction[r][k];
  }
  for (int k = 0; k < s->m; k++) square += x[k] * x[k];
  return square;
}

/* The farthest place of the support, on all ranks; of equals the first. */
static PetscErrorCode Farthest(Simplex *s, int found) {
  struct {
    double square;
    int rank;
  } best = {-1, 0};
  PetscInt at = 0;
  PetscMPIInt rank;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++) {
    const double square = s->p[i] >= s->least ? Distance(s, i, found) : -1;
    if (square > best.square * (1 + 1e-9)) best.square = square, at = i;
  }
  PetscCallMPI(MPI_Comm_rank(s->grid->comm, &rank));
  best.rank = rank;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &best, 1, MPI_DOUBLE_INT, MPI_MAXLOC, s->grid->comm));
  for (int k = 0; k < s->m; k++) s->corner[found][k] = s->local ? s->u[k][at] : 0;
  PetscCallMPI(MPI_Bcast(s->corner[found], s->m, MPI_DOUBLE, best.rank, s->grid->comm));
  s->cell[found] = s->grid->first_cell + at;
  PetscCallMPI(MPI_Bcast(&s->cell[found], 1, MPIU_INT, best.rank, s->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindCorners(Simplex *s) {
  PetscFunctionBegin;
  for (int found = 0; found < s->m; found++) {
    double *x = s->direction[found], size = 0;
    PetscCall(Farthest(s, found));
    for (int k = 0; k < s->m; k++) x[k] = s->corner[found][k] - s->corner[0][k];
    for (int r = 1; r < found; r++) {
      double dot = 0;
      for (int k = 0; k < s->m; k++) dot += s->direction[r][k] * x[k];
      for (int k = 0; k < s->m; k++) x[k] -= dot * s->direction[r][k];
    }
    for (int k = 0; k < s->m; k++) size += x[k] * x[k];
    for (int k = 0; k < s->m && found; k++) x[k] /= sqrt(size);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* By their places, so that symmetry and rounding do not decide on the sets' numbers. */
static void SortCorners(Simplex *s) {
  for (int i = 1; i < s->m; i++)
    for (int j = i; j > 0 && s->cell[j] < s->cell[j - 1]; j--) {
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
