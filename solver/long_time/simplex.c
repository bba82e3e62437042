#include "solver/long_time/simplex.h"
#include <petscblaslapack.h>

#define ENLARGED 1e-9 /* an exchange must gain this part of the volume */

typedef struct {
  const SgdPlaces *p;
  PetscInt local;
  double L[SGD_MOST_CORNERS * SGD_MOST_CORNERS];
  double direction[SGD_MOST_CORNERS][SGD_MOST_CORNERS]; /* orthonormal: what the corners found so far span */
} Search;

/* Coordinates in which the functions are orthonormal over the candidates: distances do not depend on how the solver
   turned or scaled them (degenerate ones come in any mixture). x = L^{-1} u, with L L^T = U^T U. */
static PetscErrorCode Whiten(Search *s, PetscBool *independent) {
  const SgdPlaces *p = s->p;
  PetscBLASInt m = p->m, info;
  double size[SGD_MOST_CORNERS];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++)
    for (int j = 0; j < m && p->candidate[i]; j++)
      for (int k = 0; k <= j; k++) s->L[k * m + j] += p->u[j][i] * p->u[k][i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->L, m * m, MPI_DOUBLE, MPI_SUM, p->grid->comm));
  for (int k = 0; k < m; k++) size[k] = s->L[k * m + k];
  PetscCallBLAS("LAPACKpotrf", LAPACKpotrf_("L", &m, s->L, &m, &info));
  *independent = (PetscBool)(info == 0);
  for (int k = 0; k < m && *independent; k++)
    if (!(PetscSqr(s->L[k * m + k]) > 1e-14 * size[k])) *independent = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Coordinates(const Search *s, const double u[], double x[]) {
  const int m = s->p->m;

  for (int j = 0; j < m; j++) {
    x[j] = u[j];
    for (int k = 0; k < j; k++) x[j] -= s->L[k * m + j] * x[k];
    x[j] /= s->L[j * m + j];
  }
}

/* x without its part in the span of the corners found. */
static double Reduce(const Search *s, int found, double x[]) {
  double square = 0;

  for (int r = 0; r < found; r++) {
    double dot = 0;
    for (int k = 0; k < s->p->m; k++) dot += s->direction[r][k] * x[k];
    for (int k = 0; k < s->p->m; k++) x[k] -= dot * s->direction[r][k];
  }
  for (int k = 0; k < s->p->m; k++) square += x[k] * x[k];
  return square;
}

/* Squared distance of a cell of this rank from the corners' span; -1 if it is no candidate. */
static double Distance(const Search *s, PetscInt i, int found) {
  double u[SGD_MOST_CORNERS], x[SGD_MOST_CORNERS];

  if (!s->p->candidate[i]) return -1;
  for (int k = 0; k < s->p->m; k++) u[k] = s->p->u[k][i];
  Coordinates(s, u, x);
  return Reduce(s, found, x);
}

/* The functions at a cell of any rank, on all ranks. */
static PetscErrorCode FetchCell(const SgdPlaces *p, PetscInt cell, double u[]) {
  const PetscInt start = p->grid->first_cell;
  const PetscBool mine = (PetscBool)(cell >= start && cell < p->grid->last_cell);

  PetscFunctionBegin;
  for (int k = 0; k < p->m; k++) u[k] = mine ? p->u[k][cell - start] : 0;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, u, p->m, MPI_DOUBLE, MPI_SUM, p->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The farthest place of all ranks' candidates; of those that symmetry makes equal, the first. */
static PetscErrorCode Farthest(const Search *s, int found, PetscInt *at) {
  PetscInt cell = PETSC_MAX_INT;
  double most = -1;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++) most = PetscMax(most, Distance(s, i, found));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, s->p->grid->comm));
  for (PetscInt i = 0; i < s->local && cell == PETSC_MAX_INT; i++)
    if (Distance(s, i, found) >= most * (1 - 1e-6)) cell = s->p->grid->first_cell + i;
  PetscCallMPI(MPI_Allreduce(&cell, at, 1, MPIU_INT, MPI_MIN, s->p->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FirstCorners(Search *s, SgdSimplex *x) {
  PetscFunctionBegin;
  for (int found = 0; found < x->m; found++) {
    double *d = s->direction[found];
    PetscCall(Farthest(s, found, &x->cell[found]));
    PetscCall(FetchCell(s->p, x->cell[found], x->corner[found]));
    Coordinates(s, x->corner[found], d);
    const double size = sqrt(Reduce(s, found, d));
    for (int k = 0; k < x->m; k++) d[k] /= size;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* corner A = 1 */
static PetscErrorCode Invert(SgdSimplex *s) {
  double M[SGD_MOST_CORNERS * SGD_MOST_CORNERS];
  PetscBLASInt m = s->m, pivot[SGD_MOST_CORNERS], info;

  PetscFunctionBegin;
  for (int i = 0; i < m; i++)
    for (int k = 0; k < m; k++) {
      M[k * m + i] = s->corner[i][k];
      s->A[k * m + i] = i == k;
    }
  PetscCallBLAS("LAPACKgesv", LAPACKgesv_(&m, &m, M, &m, pivot, s->A, &m, &info));
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK gesv failed (%d): fewer sets than slow modes", (int)info);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The candidate and corner whose exchange enlarges the simplex most, by the factor |chi|: *cell, *which. */
static PetscErrorCode BestExchange(const Search *s, const SgdSimplex *x, double *factor, PetscInt *cell, int *which) {
  double chi[SGD_MOST_CORNERS], most = 0;
  PetscInt at = PETSC_MAX_INT;

  PetscFunctionBegin;
  for (int pass = 0; pass < 2; pass++) { /* the largest factor, then the first cell that has it */
    for (PetscInt i = 0; i < s->local && at == PETSC_MAX_INT; i++) {
      if (!s->p->candidate[i]) continue;
      SgdSimplexMembershipAt(x, s->p, i, chi);
      for (int j = 0; j < x->m; j++) {
        if (pass == 0)
          most = PetscMax(most, PetscAbsReal(chi[j]));
        else if (at == PETSC_MAX_INT && PetscAbsReal(chi[j]) >= most * (1 - 1e-12))
          at = (s->p->grid->first_cell + i) * x->m + j;
      }
    }
    if (pass == 0) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, s->p->grid->comm));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &at, 1, MPIU_INT, MPI_MIN, s->p->grid->comm));
  *factor = most;
  *cell = at / x->m;
  *which = (int)(at % x->m);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Enlarge(Search *s, SgdSimplex *x) {
  PetscInt cell = 0;
  double factor = 0;
  int which = 0;

  PetscFunctionBegin;
  for (int exchanges = 0; exchanges < 100 * x->m; exchanges++) {
    PetscCall(Invert(x));
    PetscCall(BestExchange(s, x, &factor, &cell, &which));
    if (!(factor > 1 + ENLARGED)) break;
    x->cell[which] = cell;
    PetscCall(FetchCell(s->p, cell, x->corner[which]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The place of a corner among eighths of the box, the slowest axis first. */
static int Eighth(SgdGrid grid, PetscInt cell) {
  double x[3];
  int key = 0;

  SgdGridCentre(grid, cell, x);
  for (int a = grid->dim - 1; a >= 0; a--)
    key = 8 * key + (int)(8 * (x[a] - grid->min[a]) / (grid->max[a] - grid->min[a]));
  return key;
}

/* By their places, so that symmetry and rounding do not decide on the sets' numbers. */
static PetscErrorCode SortSets(SgdGrid grid, SgdSimplex *s) {
  PetscFunctionBegin;
  for (int i = 1; i < s->m; i++)
    for (int j = i; j > 0 && Eighth(grid, s->cell[j]) < Eighth(grid, s->cell[j - 1]); j--) {
      const PetscInt cell = s->cell[j];
      s->cell[j] = s->cell[j - 1];
      s->cell[j - 1] = cell;
      for (int k = 0; k < s->m; k++) {
        const double x = s->corner[j][k];
        s->corner[j][k] = s->corner[j - 1][k];
        s->corner[j - 1][k] = x;
      }
    }
  PetscCall(Invert(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSimplexFind(const SgdPlaces *places, SgdSimplex *x, PetscBool *found) {
  Search s = {.p = places, .local = places->grid->last_cell - places->grid->first_cell};

  PetscFunctionBegin;
  *x = (SgdSimplex){.m = places->m};
  PetscCall(Whiten(&s, found));
  if (!*found) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(FirstCorners(&s, x));
  PetscCall(Enlarge(&s, x));
  PetscCall(SortSets(places->grid, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}
