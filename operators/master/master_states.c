/* The master equation of an optimizer in its states z = (a, memory) (meshes/update_rule.h; THEORY.md (91)),
     p_{n+1}(z) = E_G int delta(z - M(z'; G)) p_n(z') dz',   G ~ N(g(a'), C(a')):
   the mass of each cell goes to M(z'; G) for a few values of the noise, each remeshed by Lagrange weights. For every value
   of the noise M is a smooth map, which carries a smooth density to a smooth one; order 6, in three dimensions 4, keeps
   the moments of each of its atoms below that order. Nothing is stored: forward and backward step work out the same
   weights again. */
#include "operators/master/master.h"
#include "meshes/sample_points.h"
#include "operators/push_forward/push_forward.h"
#include "operators/push_forward/remeshing.h"

enum { MOST_ORDER = 6, SAMPLES = 200 };

typedef struct {
  SgdGrid grid;
  SgdFields fields;
  SgdUpdateRule rule;
  int order, nodes;
} States;

/* The cells that one atom is shared out over. */
typedef struct {
  int first[3], count[3];
  double weight[3][MOST_ORDER];
} Share;

/* SgdLagrangeWeights for the cells 0 .. order - 1 at t, by products from both ends: without the divisions, which would
   take as long as all the rest of an atom. */
static void Weights(int order, double t, double weight[]) {
  static const double four[4] = {-1 / 6.0, 0.5, -0.5, 1 / 6.0},
                      six[6] = {-1 / 120.0, 1 / 24.0, -1 / 12.0, 1 / 12.0, -1 / 24.0, 1 / 120.0};
  const double *scale = order == 4 ? four : six;
  double product = 1;

  for (int j = 0; j < order; j++) {
    weight[j] = scale[j] * product;
    product *= t - j;
  }
  product = 1;
  for (int j = order - 1; j >= 0; j--) {
    weight[j] *= product;
    product *= t - j;
  }
}

static void ShareOf(const States *k, const double z[], Share *s) {
  for (int a = 0; a < 3; a++) {
    s->first[a] = 0;
    s->count[a] = 1;
    s->weight[a][0] = 1;
    if (a >= k->grid->dim) continue;
    const double place = (z[a] - k->grid->min[a]) / k->grid->h[a] - 0.5,
                 near = SgdRemeshingBring(place, (double)k->grid->n[a], k->grid->boundary[a]);
    s->first[a] = (int)floor(near) - k->order / 2 + 1;
    s->count[a] = k->order;
    Weights(k->order, near - s->first[a], s->weight[a]);
  }
}

static PetscBool Inside(SgdGrid grid, const Share *s) {
  for (int a = 0; a < grid->dim; a++)
    if (s->first[a] < 0 || s->first[a] + s->count[a] > grid->n[a]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* target += mass times the weights, or (target NULL) the return value: their sum with `everywhere`. The order is a
   constant where this is called, so that the innermost loop is unrolled. */
static inline __attribute__((always_inline)) double VisitInside(int order, SgdGrid grid, const Share *s, double mass,
                                                                double *target, const double *everywhere) {
  double sum = 0;

  for (int z = 0; z < s->count[2]; z++)
    for (int y = 0; y < s->count[1]; y++) {
      const double w = mass * s->weight[2][z] * s->weight[1][y];
      const PetscInt row = s->first[0] + grid->n[0] * (s->first[1] + y + grid->n[1] * (PetscInt)(s->first[2] + z));
      if (target)
        for (int x = 0; x < order; x++) target[row + x] += w * s->weight[0][x];
      else
        for (int x = 0; x < order; x++) sum += w * s->weight[0][x] * everywhere[row + x];
    }
  return sum;
}

/* The same where the box ends. */
static double VisitEdge(SgdGrid grid, const Share *s, double mass, double *target, const double *everywhere) {
  double sum = 0;

  for (int z = 0; z < s->count[2]; z++)
    for (int y = 0; y < s->count[1]; y++)
      for (int x = 0; x < s->count[0]; x++) {
        const PetscInt index[3] = {s->first[0] + x, s->first[1] + y, s->first[2] + z}, at = SgdGridTarget(grid, index);
        const double w = mass * s->weight[2][z] * s->weight[1][y] * s->weight[0][x];
        if (target)
          target[at] += w;
        else
          sum += w * everywhere[at];
      }
  return sum;
}

static double Visit(const States *k, const Share *s, double mass, double *target, const double *everywhere) {
  if (!Inside(k->grid, s)) return VisitEdge(k->grid, s, mass, target, everywhere);
  return k->order == 4 ? VisitInside(4, k->grid, s, mass, target, everywhere)
                       : VisitInside(6, k->grid, s, mass, target, everywhere);
}

/* All atoms of a cell. */
static double Cell(const States *k, PetscInt cell, double mass, double *target, const double *everywhere) {
  const int d = k->grid->dim;
  const PetscInt a = cell % k->grid->n[0];
  double z[3], place[3 * SGD_RULE_MOST], weight[SGD_RULE_MOST], sum = 0;
  Share share;

  SgdGridCentre(k->grid, cell, z);
  const int count =
      SgdRuleAtoms(&k->rule, k->nodes, z, k->fields->slice->g[0][a], k->fields->slice->C[0][a], place, weight);
  for (int i = 0; i < count; i++) {
    ShareOf(k, place + i * d, &share);
    sum += Visit(k, &share, mass * weight[i], target, everywhere);
  }
  return sum;
}

static PetscErrorCode Push_States(void *ctx, const double *mass, double *target) {
  const States *k = ctx;

  for (PetscInt cell = k->grid->first_cell; cell < k->grid->last_cell; cell++)
    if (mass[cell - k->grid->first_cell] != 0) Cell(k, cell, mass[cell - k->grid->first_cell], target, NULL);
  return PETSC_SUCCESS;
}

static PetscErrorCode Pull_States(void *ctx, const double *everywhere, double *value) {
  const States *k = ctx;

  for (PetscInt cell = k->grid->first_cell; cell < k->grid->last_cell; cell++)
    value[cell - k->grid->first_cell] = Cell(k, cell, 1, NULL, everywhere);
  return PETSC_SUCCESS;
}

static PetscErrorCode Destroy_States(void *ctx) {
  return PetscFree(ctx);
}

/* How much an error at z counts: the density that a Gaussian over the support has there, over its largest. */
static double Weight(const SgdSupport *s, int d, const double z[]) {
  double square = 0;

  for (int a = 0; a < d; a++)
    if (s->deviation[a] > 0)
      square += PetscSqr((z[a] - 0.5 * (s->low[a] + s->high[a])) / (0.5 * (s->high[a] - s->low[a])));
  return exp(-0.5 * PetscSqr(SGD_SUPPORT_DEVIATIONS) * square);
}

/* How far the moments of the step from z change if the noise has nearly twice as many values, against its deviation. */
static double NoiseErrorAt(const States *k, const double z[], PetscInt a) {
  const int d = k->grid->dim, nodes[2] = {k->nodes, 2 * k->nodes - 1};
  double mean[2][3], cov[2][6], worst = 0;

  for (int twice = 0; twice < 2; twice++)
    SgdRuleMoments(&k->rule, nodes[twice], z, k->fields->slice->g[0][a], k->fields->slice->C[0][a], mean[twice],
                   cov[twice]);
  for (int b = 0; b < d; b++) {
    const double variance = cov[1][SgdPair(d, b, b)];
    if (!(variance > 0)) continue;
    worst = fmax(worst, fabs(mean[0][b] - mean[1][b]) / sqrt(variance));
    worst = fmax(worst, fabs(cov[0][SgdPair(d, b, b)] - variance) / variance);
  }
  return worst;
}

/* The worst of a few hundred cells, each by its weight. */
static double NoiseError(const States *k, const SgdSupport *support) {
  const SgdCellRange range = SgdSupportRange(support, k->grid);
  double z[3], worst = 0;

  for (int i = 0; i < SAMPLES; i++) {
    const PetscInt a = SgdSequenceCell(k->grid, &range, i) % k->grid->n[0];
    SgdSequencePoint(k->grid, &range, i, z);
    worst = fmax(worst, Weight(support, k->grid->dim, z) * NoiseErrorAt(k, z, a));
  }
  return worst;
}

PetscErrorCode SgdMasterStates(const SgdStep *step, SgdReport *r, Mat *A) {
  static const SgdPushForwardOps ops = {.push = Push_States, .pull = Pull_States, .destroy = Destroy_States};
  SgdGrid grid = step->fields->grid;
  States *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *k = (States){.grid = grid,
                .fields = step->fields,
                .rule = *step->rule,
                .order = grid->dim == 3 ? 4 : MOST_ORDER,
                .nodes = grid->dim == 3 ? 17 : SGD_RULE_NODES};
  const double error = NoiseError(k, &step->support);
  PetscCall(SgdReportFigure(r, "values of the noise", k->nodes, 0, PETSC_TRUE));
  PetscCall(SgdReportFigure(r, "error of a step's moments by the values of the noise", error, 1e-6,
                            (PetscBool)(error <= 1e-6)));
  PetscCall(SgdPushForwardCreate(grid, &ops, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
