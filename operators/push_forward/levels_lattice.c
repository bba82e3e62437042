/* Each level's lattice, its bands and the norms of its sources. */
#include "operators/push_forward/levelsimpl.h"

static const int diagonal[3] = {0, 3, 5};

/* M = S^-1, both as pairs, zero beyond dim. */
static void InverseOf(int dim, const double S[], double M[]) {
  const double a = S[0], b = S[1], c = S[2], d = S[3], e = S[4], f = S[5];

  for (int p = 0; p < 6; p++) M[p] = 0;
  if (dim == 1) M[0] = 1 / a;
  if (dim == 2) {
    const double scale = 1 / (a * d - b * b);
    M[0] = d * scale;
    M[1] = -b * scale;
    M[3] = a * scale;
  }
  if (dim < 3) return;
  const double A = d * f - e * e, B = c * e - b * f, C = b * e - c * d, scale = 1 / (a * A + b * B + c * C);
  M[0] = A * scale;
  M[1] = B * scale;
  M[2] = C * scale;
  M[3] = (a * f - c * c) * scale;
  M[4] = (b * c - a * e) * scale;
  M[5] = (a * d - b * b) * scale;
}

/* Cells from T that a source of this level may reach along axis a, bands included, and a few lattice points more. */
static double Reach(SgdLevels l, const SgdLevel *level, int a, double variance) {
  return l->R * (sqrt(PetscMax(0, variance - level->v[a])) + sqrt(level->v[a])) + SGD_PAIR_SLACK * level->r[a];
}

/* A source whose Gaussian lies beyond an absorbing face altogether is moved to where it still does. */
static double LatticePlace(SgdLevels l, const SgdLevel *level, const SgdGaussianSource *s, int a) {
  if (s->T[a] >= 0 && s->T[a] <= (double)l->grid->n[a]) return s->T[a]; /* nearly all: spares the roots */
  const double reach = Reach(l, level, a, s->S[diagonal[a]]);

  if (l->grid->boundary[a] != SGD_ABSORBING) return s->T[a];
  return PetscMax(-reach - 1, PetscMin((double)l->grid->n[a] + reach, s->T[a]));
}

void SgdLevelSource(SgdLevels l, const SgdLevel *level, const SgdGaussianSource *s, SgdPairSource *p) {
  double S[6];

  for (int a = 0, pair = 0; a < 3; a++)
    for (int b = a; b < 3; b++, pair++)
      S[pair] = (s->S[pair] - (a == b ? level->v[a] : 0)) / (level->r[a] * level->r[b]);
  for (int a = 0; a < l->grid->dim; a++) {
    p->T[a] = LatticePlace(l, level, s, a) / level->r[a] - level->low[a];
    p->reach[a] = l->R * sqrt(S[diagonal[a]]);
  }
  InverseOf(l->grid->dim, S, p->M);
}

/* May its box be summed without exponents that overflow, and is it narrow enough? */
static int Fits(SgdLevels l, const SgdPairSource *p) {
  double exponent = 0;

  for (int a = 0, pair = 0; a < 3; a++)
    for (int b = a; b < 3; b++, pair++)
      if (b < l->grid->dim) exponent += (a == b ? 0.5 : 1) * fabs(p->M[pair]) * p->reach[a] * p->reach[b];
  for (int a = 0; a < l->grid->dim; a++)
    if (!(p->reach[a] < 0.5 * (SGD_PAIR_WIDEST - SGD_PAIR_SLACK))) return 0;
  return exponent < SGD_PAIR_EXPONENT;
}

/* The lattice points that this rank's sources of the level touch; 0 if one of them does not fit. */
static int Extent(SgdLevels l, SgdLevel *level) {
  double low[3] = {1e300, 1e300, 1e300}, high[3] = {-1e300, -1e300, -1e300};
  int fits = 1;

  for (int g = 0; g < level->groups; g++) {
    PetscInt cell[2];
    const int count = SgdLevelsGroup(l, level->group[g], cell);
    for (int i = 0; i < count; i++) {
      SgdGaussianSource s;
      SgdPairSource p;
      SgdLevelsSource(l, cell[i], &s);
      SgdLevelSource(l, level, &s, &p);
      fits = fits && Fits(l, &p);
      for (int a = 0; a < l->grid->dim; a++) {
        low[a] = PetscMin(low[a], p.T[a] - p.reach[a]);
        high[a] = PetscMax(high[a], p.T[a] + p.reach[a]);
      }
    }
  }
  for (int a = 0; a < 3; a++) {
    level->low[a] = 0;
    level->points[a] = 1;
    if (a >= l->grid->dim || !level->groups) continue;
    if (!(high[a] - low[a] < 1e8) || !(fabs(low[a]) < 1e8)) return 0;
    /* boxes begin at multiples of four along axis 0, so that they are the same on any number of ranks */
    level->low[a] = (int)floor(low[a]) - 1;
    if (a == 0) level->low[a] = (level->low[a] & ~7) - 8;
    const int room = a == 0 ? SGD_PAIR_SLACK : 2, block = a == 0 ? SGD_BAND_ALONG : SGD_BAND_ACROSS;
    level->points[a] = ((int)ceil(high[a]) - level->low[a] + room + block) / block * block;
  }
  return fits;
}

/* Cells that the level's lattice spreads to along axis a, unfolded; beyond an absorbing face one stands for all. */
static void Image(SgdLevels l, const SgdLevel *level, int a, int *low, int *high) {
  const double reach = l->R * sqrt(level->v[a]), r = level->r[a];

  *low = (int)floor(r * level->low[a] - reach);
  *high = (int)ceil(r * (level->low[a] + level->points[a] - 1) + reach) + 1;
  if (l->grid->boundary[a] != SGD_ABSORBING) return;
  const int n = (int)l->grid->n[a];
  *low = PetscMax(-1, PetscMin(n, *low));
  *high = PetscMin(n + 1, PetscMax(0, *high));
}

/* The images of all levels, in one array. */
static PetscErrorCode Images(SgdLevels l) {
  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) {
    int low = INT_MAX, high = INT_MIN;
    for (int k = 0; k < l->levels && a < l->grid->dim; k++) {
      int from, to;
      if (!l->level[k].groups) continue;
      Image(l, &l->level[k], a, &from, &to);
      low = PetscMin(low, from);
      high = PetscMax(high, to);
    }
    l->cells_low[a] = low < high ? low : 0;
    l->cells[a] = low < high ? high - low : 1;
    l->rows[a] = a == 0 ? (l->cells[a] + SGD_BAND_ALONG - 1) / SGD_BAND_ALONG * SGD_BAND_ALONG
                        : (l->cells[a] + SGD_BAND_ACROSS - 1) / SGD_BAND_ACROSS * SGD_BAND_ACROSS;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Column X of a band: exp(-(i - x)^2/2v) at cells |i - x| <= R sqrt(v), x = r (low + X), divided by its sum. */
static int LatticeColumn(SgdLevels l, const SgdLevel *level, int a, int X, SgdBandEntry *entry) {
  const double x = level->r[a] * (level->low[a] + X), v = level->v[a], reach = l->R * sqrt(v);
  const int first = (int)ceil(x - reach), last = (int)floor(x + reach), n = (int)l->grid->n[a];
  double sum = 0;

  for (int i = first; i <= last; i++) {
    const double w = v > 0 ? exp(-(i - x) * (i - x) / (2 * v)) : 1;
    const int cell = l->grid->boundary[a] == SGD_ABSORBING ? PetscMax(-1, PetscMin(n, i)) : i;
    entry[i - first] = (SgdBandEntry){.out = cell - l->cells_low[a], .in = X, .value = w};
    sum += w;
  }
  for (int i = 0; i <= last - first; i++) entry[i].value /= sum;
  return last - first + 1;
}

static PetscErrorCode Bands(SgdLevels l, SgdLevel *level, int a) {
  const int width = 2 * (int)ceil(l->R * sqrt(level->v[a])) + 2, points = level->points[a];
  const int block = a == 0 ? SGD_BAND_ALONG : SGD_BAND_ACROSS;
  SgdBandEntry *entry;
  int count = 0, error;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((PetscCount)width * points, &entry));
  for (int X = 0; X < points; X++) count += LatticeColumn(l, level, a, X, entry + count);
  error = SgdBandCreate(&level->band[a], l->cells[a], points, count, entry, block);
  for (int e = 0; e < count; e++) {
    const int out = entry[e].out;
    entry[e].out = entry[e].in;
    entry[e].in = out;
  }
  error = error || SgdBandCreate(&level->back[a], points, l->cells[a], count, entry, block);
  PetscCall(PetscFree(entry));
  PetscCheck(!error, PETSC_COMM_SELF, PETSC_ERR_MEM, "out of memory");
  l->bytes += SgdBandBytes(&level->band[a]) + SgdBandBytes(&level->back[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Lattice [Z][Y][X]; planes [cells of axis 2][Y][X]; lines [cells of axis 1][X]; image [z][y][x] of cells. */
static PetscErrorCode Work(SgdLevels l) {
  PetscCount lattice = 0, planes = 0, lines = 0;
  const PetscCount image = (PetscCount)l->rows[0] * l->rows[1] * l->rows[2];

  PetscFunctionBegin;
  for (int k = 0; k < l->levels; k++) {
    const int *p = l->level[k].points;
    lattice = PetscMax(lattice, (PetscCount)p[0] * p[1] * p[2]);
    planes = PetscMax(planes, (PetscCount)p[0] * p[1] * l->rows[2]);
    lines = PetscMax(lines, (PetscCount)p[0] * l->rows[1]);
  }
  if (l->grid->dim < 3) planes = 0;
  /* all counts are multiples of 16: every row then begins a line of the cache, and no vector lies across two */
  PetscCall(PetscCalloc1(lattice + planes + lines + image + 8, &l->work));
  l->lattice = l->work + (64 - (uintptr_t)l->work % 64) % 64 / sizeof *l->work;
  l->planes = l->lattice + lattice;
  l->lines = l->planes + planes;
  l->image = l->lines + lines;
  l->bytes += 8.0 * (double)(lattice + planes + lines + image);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* With the very boxes that a step takes, or mass would be lost at the tolerance. */
static int Norms(SgdLevels l, SgdLevel *level) {
  const int *p = level->points;
  const ptrdiff_t stride[3] = {1, p[0], (ptrdiff_t)p[0] * p[1]};
  int finite = 1;

  for (ptrdiff_t i = 0; i < stride[2] * p[2]; i++) l->lattice[i] = 1;
  for (int g = 0; g < level->groups; g++) {
    PetscInt cell[2];
    SgdPairSource source[2];
    double sum[2] = {0, 0};
    const int count = SgdLevelsGroup(l, level->group[g], cell);
    for (int i = 0; i < count; i++) {
      SgdGaussianSource s;
      SgdLevelsSource(l, cell[i], &s);
      SgdLevelSource(l, level, &s, &source[i]);
    }
    SgdPairDot(l->grid->dim, count, source, l->lattice, stride, sum);
    for (int i = 0; i < count; i++) {
      level->norm[2 * g + i] = 1 / sum[i];
      finite = finite && sum[i] > 0 && isfinite(sum[i]);
    }
  }
  l->bytes += 20.0 * level->groups;
  return finite;
}

/* Reflecting walls and far jumps may take arrays much larger than the box. */
static int TooLarge(SgdLevels l) {
  const double most = 16 * (double)(l->grid->last_cell - l->grid->first_cell) + 1e7;
  double image = (double)l->rows[0] * l->rows[1] * l->rows[2];

  for (int k = 0; k < l->levels; k++)
    image = PetscMax(image, (double)l->level[k].points[0] * l->level[k].points[1] * l->level[k].points[2]);
  return image > most;
}

PetscErrorCode SgdLevelsLattices(SgdLevels l, const char **reason) {
  int bad[3] = {0};

  PetscFunctionBegin;
  for (int k = 0; k < l->levels; k++)
    if (!Extent(l, &l->level[k])) bad[0] = 1;
  if (!bad[0]) PetscCall(Images(l));
  if (!bad[0] && TooLarge(l)) bad[1] = 1;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bad, 2, MPI_INT, MPI_MAX, l->grid->comm));
  if (bad[0]) *reason = "the noise is too strongly correlated, or too wide beside its narrowest";
  if (bad[1]) *reason = "steps go too far beyond the box";
  if (bad[0] || bad[1]) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Work(l));
  for (int k = 0; k < l->levels; k++) {
    for (int a = 0; a < l->grid->dim && l->level[k].groups; a++) PetscCall(Bands(l, &l->level[k], a));
    if (!Norms(l, &l->level[k])) bad[2] = 1;
  }
  PetscCall(SgdAgree(l->grid->comm, &bad[2]));
  if (bad[2]) *reason = "the noise is too narrow for its weights to be summed";
  PetscFunctionReturn(PETSC_SUCCESS);
}
