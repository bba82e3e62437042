/* Which level a source is of. */
#include "operators/push_forward/levelsimpl.h"

/* Steps between scales: finer in three dimensions, where wide remainders cost most. */
static double LevelStep(SgdLevels l) {
  return l->grid->dim == 3 ? 1.2 : 1.5;
}

int SgdLevelsGroup(SgdLevels l, int group, PetscInt cell[2]) {
  const PetscInt n = l->grid->n[0];

  if (l->grid->dim == 1) { /* slabs may begin anywhere: pairs would depend on the number of ranks */
    cell[0] = group;
    return 1;
  }
  const PetscInt i = 2 * (PetscInt)(group % l->in_row);
  cell[0] = group / l->in_row * n + i;
  cell[1] = cell[0] + 1;
  return i + 1 < n ? 2 : 1;
}

void SgdLevelsSource(SgdLevels l, PetscInt cell, SgdGaussianSource *s) {
  SgdGrid grid = l->grid;
  const SgdFields f = l->fields;
  const PetscInt i = grid->first_cell - f->first_cell + cell;
  PetscInt index[3];
  int pair = 0;

  SgdGridIndex(grid, grid->first_cell + cell, index);
  for (int a = 0; a < 3; a++) {
    const int own = a < grid->dim;
    s->T[a] = own ? (double)index[a] - l->eta * f->g[a][i] / grid->h[a] : 0;
    if (own && grid->boundary[a] == SGD_PERIODIC) /* the image nearest to the source */
      s->T[a] -= (double)grid->n[a] * rint((s->T[a] - (double)index[a]) / (double)grid->n[a]);
    for (int b = a; b < 3; b++, pair++)
      s->S[pair] = b < grid->dim ? l->eta * l->eta * f->C[SgdPair(grid->dim, a, b)][i] / (grid->h[a] * grid->h[b]) : 0;
  }
}

/* Diagonal of S^-1; 0 if S is not positive definite. */
static int InverseDiagonal(int dim, const double S[], double inverse[]) {
  const double a = S[0], b = S[1], c = S[2], d = S[3], e = S[4], f = S[5];
  const double A = dim == 3 ? d * f - e * e : d,
               det = dim == 3 ? a * A + b * (c * e - b * f) + c * (b * e - c * d) : a * d - b * b;

  if (dim == 1) {
    inverse[0] = 1 / a;
    return a > 0;
  }
  inverse[0] = A / det;
  inverse[1] = dim == 3 ? (a * f - c * c) / det : a / det;
  inverse[2] = (a * d - b * b) / det;
  return a > 0 && a * d - b * b > 0 && det > 0;
}

/* The common part's shape: in one and two dimensions the least variance along each axis, in three 1/mean (S^-1)_aa. */
static PetscErrorCode Shape(SgdLevels l, int *bad) {
  const int d = l->grid->dim;
  double sum[3] = {0}, least[3] = {PETSC_MAX_REAL, PETSC_MAX_REAL, PETSC_MAX_REAL}, inverse[3];

  PetscFunctionBegin;
  *bad = 0;
  for (PetscInt cell = 0; cell < l->grid->last_cell - l->grid->first_cell; cell++) {
    static const int diagonal[3] = {0, 3, 5};
    SgdGaussianSource s;
    SgdLevelsSource(l, cell, &s);
    if (!InverseDiagonal(d, s.S, inverse)) *bad = 1;
    for (int a = 0; a < d; a++) {
      sum[a] += inverse[a];
      least[a] = PetscMin(least[a], s.S[diagonal[a]]);
    }
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 3, MPI_DOUBLE, MPI_SUM, l->grid->comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, least, 3, MPI_DOUBLE, MPI_MIN, l->grid->comm));
  for (int a = 0; a < d; a++) l->shape[a] = d == 3 ? (double)l->grid->cells / sum[a] : least[a];
  PetscCall(SgdAgree(l->grid->comm, bad));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The least eigenvalue of a symmetric matrix (pairs as in S); in three dimensions by Cardano's formula. */
static double LeastEigenvalue(int dim, const double M[]) {
  if (dim == 1) return M[0];
  if (dim == 2) return 0.5 * (M[0] + M[3]) - sqrt(0.25 * (M[0] - M[3]) * (M[0] - M[3]) + M[1] * M[1]);
  const double mean = (M[0] + M[3] + M[5]) / 3, x = M[0] - mean, y = M[3] - mean, z = M[5] - mean;
  const double p2 = x * x + y * y + z * z + 2 * (M[1] * M[1] + M[2] * M[2] + M[4] * M[4]), p = sqrt(p2 / 6);
  if (p2 < 1e-28 * mean * mean) return mean;
  const double det = x * (y * z - M[4] * M[4]) - M[1] * (M[1] * z - M[4] * M[2]) + M[2] * (M[1] * M[4] - y * M[2]);
  const double r = PetscMax(-1, PetscMin(1, 0.5 * det / (p * p * p)));
  return mean + 2 * p * cos(acos(r) / 3 + 2 * PETSC_PI / 3);
}

/* The largest t with S - t diag(shape) positive semidefinite, THEORY.md (86). */
static double CommonPart(SgdLevels l, const double S[]) {
  double M[6];

  for (int a = 0, pair = 0; a < 3; a++)
    for (int b = a; b < 3; b++, pair++) M[pair] = b < l->grid->dim ? S[pair] / sqrt(l->shape[a] * l->shape[b]) : 0;
  return LeastEigenvalue(l->grid->dim, M);
}

/* t [groups]: the lesser of a group's two. */
static PetscErrorCode CommonParts(SgdLevels l, double *t, double *least) {
  PetscFunctionBegin;
  *least = PETSC_MAX_REAL;
  for (int g = 0; g < l->groups; g++) {
    PetscInt cell[2];
    const int count = SgdLevelsGroup(l, g, cell);
    t[g] = PETSC_MAX_REAL;
    for (int i = 0; i < count; i++) {
      SgdGaussianSource s;
      SgdLevelsSource(l, cell[i], &s);
      t[g] = PetscMin(t[g], CommonPart(l, s.S));
    }
    *least = PetscMin(*least, t[g]);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, least, 1, MPI_DOUBLE, MPI_MIN, l->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is there an axis along which a common part of this scale can be split off? THEORY.md (88) */
static int Splits(SgdLevels l, double scale) {
  double most = 0;

  for (int a = 0; a < l->grid->dim; a++) most = PetscMax(most, l->shape[a]);
  return scale * most > 2 * l->E / (PETSC_PI * PETSC_PI);
}

/* Scales t0 q^k, k = 0 .. STEPS - 1; one is kept where going without would widen the remainders by more than SHARE of
   all points, about what a level's bands cost, if its common part can be split off at all. kept [k]: the level that
   takes scale k. */
#define STEPS 128
#define SHARE 0.05

static int KeepLevels(SgdLevels l, double t0, const PetscInt count[STEPS], int kept[STEPS]) {
  const double q = pow(LevelStep(l), 0.5 * l->grid->dim);
  double all = 0;
  int last = 0, levels = 1;

  for (int k = 0; k < STEPS; k++) all += (double)count[k];
  kept[0] = 0;
  for (int k = 1; k < STEPS; k++) {
    double saved = 0;
    for (int i = k; i < STEPS; i++) saved += (double)count[i] * (pow(q, i - last) - pow(q, i - k));
    if (saved > SHARE * all && levels < SGD_LEVELS_MOST && Splits(l, t0 * pow(LevelStep(l), k))) last = k, levels++;
    kept[k] = levels - 1;
  }
  return levels;
}

static int StepOf(SgdLevels l, double t, double t0) {
  return (int)PetscMax(0, PetscMin(STEPS - 1, floor(log(t / t0) / log(LevelStep(l)))));
}

/* The groups of each level, in their order. */
static PetscErrorCode Sort(SgdLevels l, const double *t, double t0, const int kept[STEPS]) {
  PetscFunctionBegin;
  for (int g = 0; g < l->groups; g++) l->level[kept[StepOf(l, t[g], t0)]].groups++;
  for (int k = 0; k < l->levels; k++) {
    PetscCall(PetscMalloc2(l->level[k].groups, &l->level[k].group, 2 * l->level[k].groups, &l->level[k].norm));
    l->level[k].groups = 0;
  }
  for (int g = 0; g < l->groups; g++) {
    SgdLevel *level = &l->level[kept[StepOf(l, t[g], t0)]];
    level->group[level->groups++] = g;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spacing and the bands' variance along each axis: THEORY.md (87), (88). */
static void Split(SgdLevels l, SgdLevel *level) {
  const double finest = 1.06 * sqrt(2 * l->E) / PETSC_PI;

  for (int a = 0; a < 3; a++) {
    const double b = a < l->grid->dim ? level->scale * l->shape[a] : 0, r = PetscMax(1, sqrt(b) / finest);
    const double beta = b / (r * r), inside = beta > 0 ? 1 - 2 * l->E / (PETSC_PI * PETSC_PI * beta) : -1;
    level->r[a] = inside > 0 ? r : 1;
    level->v[a] = inside > 0 ? b - 0.5 * b * (1 - sqrt(inside)) : 0;
  }
}

PetscErrorCode SgdLevelsChoose(SgdLevels l, const char **reason) {
  PetscInt count[STEPS] = {0};
  int kept[STEPS], bad;
  double *t, t0;

  PetscFunctionBegin;
  PetscCall(Shape(l, &bad));
  if (bad) *reason = "the covariance is not positive definite everywhere";
  if (bad) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(l->groups, &t));
  PetscCall(CommonParts(l, t, &t0));
  t0 *= 0.9999; /* rounding in t leaves S - b positive definite */
  if (!(t0 > 0)) *reason = "the covariance is nearly singular";
  if (t0 > 0) {
    for (int g = 0; g < l->groups; g++) count[StepOf(l, t[g], t0)]++;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, count, STEPS, MPIU_INT, MPI_SUM, l->grid->comm));
    l->levels = KeepLevels(l, t0, count, kept);
    PetscCall(Sort(l, t, t0, kept));
    for (int k = STEPS - 1; k >= 0; k--) l->level[kept[k]].scale = t0 * pow(LevelStep(l), k); /* the least of each */
    for (int k = 0; k < l->levels; k++) Split(l, &l->level[k]);
  }
  PetscCall(PetscFree(t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
