#include "solver/problem/reach.h"

#define POINTS      33
#define CELLS       256
#define MOST_STEPS  1000 /* of a piece of the schedule: by then a density that settles has settled */
#define MOST_GROWTH 24   /* times by a half */
#define LEAVES      1e-9
#define TAIL        1e-12
#define TRUSTED     0.5 /* part of the linear gradient by which the true one may differ */

typedef struct {
  SgdLandscape l;
  SgdFrame f;
  const double *at; /* the cut goes through here */
  int axis;
  double low, high, g[POINTS], C[POINTS]; /* of one draw */
} Cut;

/* g and C along the axis at a point; this rank alone. */
static PetscErrorCode Point(const Cut *c, double x, double *g, double *C) {
  const int d = c->f->dim;
  double place[3] = {0, 0, 0}, loss, gradient[3], covariance[9], *w;

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) place[a] = c->at[a];
  place[c->axis] = x;
  PetscCall(PetscMalloc1(c->f->P, &w));
  SgdFramePoint(c->f, place, w);
  PetscCall(SgdLandscapePoint(c->l, w, d, c->f->V, &loss, gradient, covariance, NULL));
  PetscCall(PetscFree(w));
  *g = gradient[c->axis];
  *C = covariance[c->axis * (d + 1)];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The points are dealt out among the ranks. */
static PetscErrorCode Sample(Cut *c) {
  const MPI_Comm comm = SgdLandscapeComm(c->l);
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  for (int i = 0; i < POINTS; i++) {
    c->g[i] = c->C[i] = 0;
    if (i % size == rank) PetscCall(Point(c, c->low + (c->high - c->low) * i / (POINTS - 1), &c->g[i], &c->C[i]));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->g, POINTS, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->C, POINTS, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Between(const Cut *c, const double *value, double x) {
  const double t = (x - c->low) / (c->high - c->low) * (POINTS - 1);
  const int i = (int)PetscMax(0, PetscMin(POINTS - 2, floor(t)));
  return value[i] + (t - i) * (value[i + 1] - value[i]);
}

/* Mass of a Gaussian below x. */
static double Below(double x, double mean, double deviation) {
  if (!(deviation > 0)) return x > mean;
  return 0.5 * erfc((mean - x) / (deviation * sqrt(2)));
}

/* row [CELLS + 2]: below the box, its cells, above it. */
static void Spread(const Cut *c, double mean, double deviation, double row[]) {
  const double h = (c->high - c->low) / CELLS;
  double last = 0;

  for (int i = 0; i <= CELLS + 1; i++) {
    const double now = i == CELLS + 1 ? 1 : Below(c->low + i * h, mean, deviation);
    row[i] = now - last;
    last = now;
  }
}

static void BuildChain(const Cut *c, double eta, double factor, double chain[][CELLS + 2]) {
  const double h = (c->high - c->low) / CELLS;

  for (int j = 0; j < CELLS; j++) {
    const double x = c->low + (j + 0.5) * h, C = PetscMax(0, Between(c, c->C, x));
    Spread(c, x - eta * Between(c, c->g, x), eta * sqrt(factor * C), chain[j]);
  }
}

/* `most`: the largest mass of each cell at any time; left: what has gone below and above. */
static void WalkChain(double chain[][CELLS + 2], int steps, double p[], double most[], double left[2]) {
  double next[CELLS + 2];

  for (int n = 0; n < PetscMin(steps, MOST_STEPS); n++) {
    for (int i = 0; i < CELLS + 2; i++) next[i] = 0;
    for (int j = 0; j < CELLS; j++)
      for (int i = 0; i < CELLS + 2 && p[j] > 1e-30; i++) next[i] += p[j] * chain[j][i];
    left[0] += next[0];
    left[1] += next[CELLS + 1];
    for (int i = 0; i < CELLS; i++) {
      p[i] = next[i + 1];
      most[i] = PetscMax(most[i], p[i]);
    }
  }
}

/* The steps of the whole schedule in this box. */
static PetscErrorCode Follow(const Cut *c, const SgdSgdOptions *sgd, const SgdSchedule *s, double std0, double most[],
                             double left[2]) {
  double(*chain)[CELLS + 2], start[CELLS + 2], p[CELLS];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(CELLS, &chain));
  Spread(c, c->at[c->axis], std0, start);
  left[0] = start[0];
  left[1] = start[CELLS + 1];
  for (int i = 0; i < CELLS; i++) most[i] = p[i] = start[i + 1];
  for (int k = 0; k < s->pieces; k++) {
    const int end = k + 1 < s->pieces ? s->start[k + 1] : sgd->steps;
    BuildChain(c, s->eta[k], SgdLandscapeBatchFactor(c->l, s->batch[k], SgdSettingsSampling(sgd)), chain);
    WalkChain(chain, end - s->start[k], p, most, left);
  }
  PetscCall(PetscFree(chain));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The cells beyond which the tails hold no more than TAIL, and a few more for whoever resolves them better. */
static void Trim(const Cut *c, const double most[], SgdReach *r) {
  const double h = (c->high - c->low) / CELLS;
  double below = 0, above = 0;
  int first = 0, last = CELLS - 1;

  while (first < last && (below += most[first]) < TAIL) first++;
  while (last > first && (above += most[last]) < TAIL) last--;
  r->low = PetscMax(c->low, c->low + h * (first - 4));
  r->high = PetscMin(c->high, c->low + h * (last + 5));
}

PetscErrorCode SgdReachFollow(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd, const SgdSchedule *schedule,
                              const double mean0[], double std0, int axis, SgdReach *r) {
  Cut c = {.l = l, .f = f, .at = mean0, .axis = axis, .low = mean0[axis] - 10 * std0, .high = mean0[axis] + 10 * std0};
  double most[CELLS], left[2] = {0, 0}, least = PETSC_MAX_REAL;
  int stuck = 0;

  PetscFunctionBegin;
  *r = (SgdReach){.followed = PETSC_TRUE};
  for (int turn = 0; turn < MOST_GROWTH; turn++) {
    const double width = c.high - c.low;
    PetscCall(Sample(&c));
    r->points += POINTS;
    PetscCall(Follow(&c, sgd, schedule, std0, most, left));
    const double gone = left[0] + left[1];
    if (gone < 0.7 * least || turn == 0) { /* the best box so far */
      Trim(&c, most, r);
      least = r->left = gone;
      stuck = 0;
    } else if (++stuck == 4)
      break;
    if (!(gone > LEAVES)) break;
    if (left[0] > 0.5 * LEAVES) c.low -= 0.5 * width;
    if (left[1] > 0.5 * LEAVES) c.high += 0.5 * width;
  }
  if (r->left <= LEAVES) r->left = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdReachQuadratic(SgdLandscape l, SgdFrame f, const double mean[], int axis, double distance,
                                 double small, PetscBool *quadratic) {
  const Cut c = {.l = l, .f = f, .at = mean, .axis = axis};
  const double step = PetscMin(small, distance), x = mean[axis];
  double g[4], C;

  PetscFunctionBegin;
  *quadratic = PETSC_FALSE;
  if (!(distance > 0 && distance < 1e12 && PetscAbsReal(x) < 1e12)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Point(&c, x - step, &g[0], &C));
  PetscCall(Point(&c, x + step, &g[1], &C));
  PetscCall(Point(&c, x - distance, &g[2], &C));
  PetscCall(Point(&c, x + distance, &g[3], &C));
  const double slope = (g[1] - g[0]) / (2 * step), middle = 0.5 * (g[0] + g[1]);
  const double allowed = TRUSTED * (PetscAbsReal(slope) * distance + PetscAbsReal(middle));
  *quadratic = (PetscBool)(PetscAbsReal(g[2] - middle + slope * distance) <= allowed &&
                           PetscAbsReal(g[3] - middle - slope * distance) <= allowed);
  PetscFunctionReturn(PETSC_SUCCESS);
}
