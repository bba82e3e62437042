#include "solver/long_time/basins.h"

#define LEAST_GAP  5     /* ratio of decay rates */
#define SUPPORT    1e-4  /* of a set: where the density is above this part of its largest there */
#define LEAST_PEAK 1e-13 /* part of the largest density below which local maxima are rounding */
#define ROUNDING   1e-10 /* negative mass up to this part is rounding; */
#define RINGING    1e-3 /* of models of order 0 (spectral), up to this part the kernel's; more is a singular density's */
#define SETTLES    5    /* relaxation times */
#define FLOOR      1e-13 /* decay a step that is rounding */

typedef struct {
  SgdGrid grid;
  PetscInt local;
  SgdPlaces places;
  PetscBool *candidate;
  const double *p;
  double peak; /* of p */
} Search;

/* Modes 0 .. m-1 real and slow, the next one LEAST_GAP times as fast and more: m, or 0. Decay counts with what leaks: a
   set that empties through a face as fast as it settles is none. */
static int CountSlow(SgdEigenpairs e, SgdModelKind kind, double eta, double *gap) {
  int m = 0;

  for (int k = 1; k + 1 < e->count && k < SGD_MOST_BASINS && e->im[k] == 0; k++) {
    if (kind == SGD_MAP && e->re[k] <= 0) break;
    const double slow = PetscMax(FLOOR, -SgdEigenpairsLogMu(e, kind, eta, k));
    const double ratio = -SgdEigenpairsLogMu(e, kind, eta, k + 1) / slow;
    if (ratio < LEAST_GAP) continue;
    *gap = ratio;
    m = k + 1;
  }
  return m;
}

/* Is no neighbour's density, along the axes and the diagonals, larger? x: the density with one ghost cell. */
static PetscBool IsMaximum(SgdGrid g, const double *x, const PetscInt ghost[3], const PetscInt n[3],
                           const PetscInt at[3]) {
  const PetscInt centre = at[0] - ghost[0] + n[0] * (at[1] - ghost[1] + n[1] * (at[2] - ghost[2]));

  for (int shift = 0; shift < 27; shift++) {
    const PetscInt d[3] = {shift % 3 - 1, shift / 3 % 3 - 1, shift / 9 - 1};
    PetscInt there = centre, stride = 1;
    for (int a = 0; a < 3; a++) {
      const PetscInt i = at[a] + d[a] - ghost[a];
      if (i < 0 || i >= n[a] || (a >= g->dim && d[a])) there = centre;
      if (i < 0 || i >= n[a] || (a >= g->dim && d[a])) break;
      there += d[a] * stride;
      stride *= n[a];
    }
    if (x[there] > x[centre]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* Candidates: the local maxima of p that are not rounding. */
static PetscErrorCode MarkMaxima(Search *s) {
  SgdGrid g = s->grid;
  PetscInt ghost[3] = {0, 0, 0}, n[3] = {1, 1, 1}, at[3] = {0, 0, 0};
  const double *x;
  Vec field, local;
  double *to;

  PetscFunctionBegin;
  PetscCall(DMGetGlobalVector(g->dm, &field));
  PetscCall(DMGetLocalVector(g->dm, &local));
  PetscCall(VecGetArrayWrite(field, &to));
  PetscCall(PetscArraycpy(to, s->p, s->local));
  PetscCall(VecRestoreArrayWrite(field, &to));
  PetscCall(DMGlobalToLocal(g->dm, field, INSERT_VALUES, local));
  PetscCall(DMDAGetGhostCorners(g->dm, &ghost[0], &ghost[1], &ghost[2], &n[0], &n[1], &n[2]));
  PetscCall(VecGetArrayRead(local, &x));
  for (PetscInt i = 0; i < s->local; i++) {
    SgdGridIndex(g, g->first_cell + i, at);
    s->candidate[i] = (PetscBool)(s->p[i] > LEAST_PEAK * s->peak && IsMaximum(g, x, ghost, n, at));
  }
  PetscCall(VecRestoreArrayRead(local, &x));
  PetscCall(DMRestoreLocalVector(g->dm, &local));
  PetscCall(DMRestoreGlobalVector(g->dm, &field));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The set that a cell of this rank belongs to, with more than one half; -1: none. */
static int Owner(const Search *s, const SgdSimplex *x, PetscInt i) {
  double chi[SGD_MOST_CORNERS];

  SgdSimplexMembershipAt(x, &s->places, i, chi);
  for (int j = 0; j < x->m; j++)
    if (chi[j] > 0.5) return j;
  return -1;
}

/* Candidates: every set's cells above SUPPORT times the set's highest maximum. */
static PetscErrorCode MarkSupports(Search *s, const SgdSimplex *x) {
  double peak[SGD_MOST_CORNERS] = {0};

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++) {
    const int j = s->candidate[i] ? Owner(s, x, i) : -1;
    if (j >= 0) peak[j] = PetscMax(peak[j], s->p[i]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, peak, x->m, MPI_DOUBLE, MPI_MAX, s->grid->comm));
  for (PetscInt i = 0; i < s->local; i++) {
    const int j = s->p[i] > LEAST_PEAK * s->peak ? Owner(s, x, i) : -1;
    s->candidate[i] = (PetscBool)(j >= 0 && s->p[i] >= SUPPORT * peak[j]);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* chi = u A everywhere, and its range where the sets' densities are. */
static PetscErrorCode Memberships(const Search *s, const SgdSimplex *x, Vec like, SgdBasins *b) {
  double *chi[SGD_MOST_BASINS], value[SGD_MOST_BASINS], range[2] = {0, 0};

  PetscFunctionBegin;
  for (int j = 0; j < x->m; j++) {
    PetscCall(VecDuplicate(like, &b->chi[j]));
    PetscCall(VecGetArrayWrite(b->chi[j], &chi[j]));
  }
  for (PetscInt i = 0; i < s->local; i++) {
    SgdSimplexMembershipAt(x, &s->places, i, value);
    for (int j = 0; j < x->m; j++) {
      chi[j][i] = value[j];
      if (s->candidate[i]) range[0] = PetscMax(range[0], -value[j]);
      if (s->candidate[i]) range[1] = PetscMax(range[1], value[j]);
    }
  }
  for (int j = 0; j < x->m; j++) PetscCall(VecRestoreArrayWrite(b->chi[j], &chi[j]));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, range, 2, MPI_DOUBLE, MPI_MAX, s->grid->comm));
  b->least = -range[0];
  b->most = range[1];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Weigh(const Search *s, SgdBasins *b) {
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

/* Corners among the maxima, and, to compare, among the supports. */
static PetscErrorCode FindSets(Search *s, SgdEigenpairs left, SgdSimplex *x, SgdSimplex *other, PetscBool *found) {
  PetscFunctionBegin;
  for (int k = 0; k < s->places.m; k++) {
    double size;
    PetscCall(VecNorm(left->v[k], NORM_INFINITY, &size));
    PetscCall(VecScale(left->v[k], 1 / size));
    PetscCall(VecGetArrayRead(left->v[k], &s->places.u[k]));
  }
  PetscCall(MarkMaxima(s));
  PetscCall(SgdSimplexFind(&s->places, x, found));
  if (!*found) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MarkSupports(s, x));
  PetscCall(SgdSimplexFind(&s->places, other, found));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a step's rounding does to masses that are exactly nonnegative and, together, one. */
static PetscErrorCode MeasureRounding(const Search *s, double log_mu, PetscBool spectral, double *rounding) {
  double negative = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->local; i++) negative -= PetscMin(0, s->p[i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &negative, 1, MPI_DOUBLE, MPI_SUM, s->grid->comm));
  *rounding = 2 * PETSC_MACHINE_EPSILON + PetscMax(0, expm1(log_mu)) +
              (negative < (spectral ? RINGING : ROUNDING) ? negative : 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Masses that balance the rates, and the density with them. */
static PetscErrorCode MoveMasses(Search *s, SgdEigenpairs right, Vec p, SgdBasins *b) {
  double shift[SGD_MOST_BASINS];
  PetscBool connected;

  PetscFunctionBegin;
  for (int j = 0; j < b->count; j++) shift[j] = -b->mass[j];
  SgdBasinMasses(b, &connected);
  if (!connected) PetscFunctionReturn(PETSC_SUCCESS);
  for (int j = 0; j < b->count; j++) shift[j] += b->mass[j];
  PetscCall(VecRestoreArrayRead(p, &s->p));
  PetscCall(SgdBasinShift(s->grid, right, b, shift, p));
  PetscCall(VecGetArrayRead(p, &s->p));
  PetscCall(Weigh(s, b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Divide(Search *s, SgdModel model, double eta, SgdEigenpairs right, SgdEigenpairs left, Vec p,
                             SgdBasins *b) {
  const SgdModelKind kind = SgdModelGetKind(model);
  SgdSimplex simplex, other;

  PetscFunctionBegin;
  PetscCall(FindSets(s, left, &simplex, &other, &b->found));
  if (b->found) PetscCall(Memberships(s, &simplex, left->v[0], b));
  for (int k = 0; k < s->places.m; k++) PetscCall(VecRestoreArrayRead(left->v[k], &s->places.u[k]));
  if (!b->found) PetscFunctionReturn(PETSC_SUCCESS);
  b->count = s->places.m;
  PetscCall(Weigh(s, b));
  PetscCall(
      MeasureRounding(s, SgdEigenpairsLogMu(right, kind, eta, 0), (PetscBool)!SgdModelOrder(model), &b->rounding));
  b->settles =
      SETTLES * eta / (SgdEigenpairsLogMu(right, kind, eta, 0) - SgdEigenpairsLogMu(right, kind, eta, b->count));
  PetscCall(SgdBasinRates(model, s->grid, eta, right, left, &simplex, b));
  PetscCall(SgdBasinRatesCompare(&simplex, &other, b));
  PetscCall(MoveMasses(s, right, p, b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinsFind(SgdModel model, SgdGrid grid, double eta, SgdEigenpairs e, Vec p,
                             const SgdEigenpairsOptions *o, SgdBasins *b) {
  SgdEigenpairsOptions options = *o;
  Search s = {.grid = grid, .local = grid->last_cell - grid->first_cell, .places.grid = grid};
  SgdEigenpairs left;

  PetscFunctionBegin;
  *b = (SgdBasins){.found = PETSC_TRUE};
  s.places.m = options.eigenpairs = CountSlow(e, SgdModelGetKind(model), eta, &b->gap);
  if (!s.places.m) PetscFunctionReturn(PETSC_SUCCESS);
  options.adjoint = PETSC_TRUE;
  PetscCall(SgdEigenpairsCompute(model, grid, eta, &options, &left));
  PetscCall(PetscCalloc1(s.local, &s.candidate));
  s.places.candidate = s.candidate;
  PetscCall(VecMax(p, NULL, &s.peak));
  PetscCall(VecGetArrayRead(p, &s.p));
  PetscCall(Divide(&s, model, eta, e, left, p, b));
  PetscCall(VecRestoreArrayRead(p, &s.p));
  PetscCall(PetscFree(s.candidate));
  PetscCall(SgdEigenpairsDestroy(&left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBasinsFree(SgdBasins *b) {
  PetscFunctionBegin;
  for (int j = 0; j < b->count; j++) PetscCall(VecDestroy(&b->chi[j]));
  b->count = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
