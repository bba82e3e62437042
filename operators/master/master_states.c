/* The master equation of an optimizer in its states z = (a, memory) (meshes/update_rule.h; THEORY.md (91)),
     p_{n+1}(z) = E_G int delta(z - M(z'; G)) p_n(z') dz',   G ~ N(g(a'), C(a')):
   the mass of each cell goes to M(z'; G) for a few values of the noise, each remeshed by Lagrange weights. For every value
   of the noise M is a smooth map, which carries a smooth density to a smooth one; order 6, in three dimensions 4, keeps
   the moments of each of its atoms below that order. Nothing is stored: forward and backward step work out the same
   weights again. */
#include "operators/master/master.h"
#include "meshes/sample_points.h"
#include "operators/push_forward/by_cells.h"
#include "operators/push_forward/scatter.h"

enum { SAMPLES = 200 };

typedef struct {
  SgdGrid grid;
  SgdFields fields;
  SgdUpdateRule rule;
  SgdScatter scatter;
  int nodes;
} States;

/* All atoms of a cell. */
static double Cell(const void *ctx, PetscInt cell, double mass, double *target, const double *everywhere) {
  const States *k = ctx;
  const int d = k->grid->dim;
  const PetscInt a = cell % k->grid->n[0];
  double z[3], place[3 * SGD_RULE_MOST], weight[SGD_RULE_MOST], sum = 0;

  SgdGridCentre(k->grid, cell, z);
  const SgdRuleGradient G = SgdFieldsRuleGradient(k->fields, a);
  const int count = SgdRuleAtoms(&k->rule, k->nodes, z, &G, place, weight);
  for (int i = 0; i < count; i++)
    sum += SgdScatterAtom(&k->scatter, place + i * d, mass * weight[i], target, everywhere);
  return sum;
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
  const SgdRuleGradient G = SgdFieldsRuleGradient(k->fields, a);
  double mean[2][3], cov[2][6], worst = 0;

  for (int twice = 0; twice < 2; twice++) SgdRuleMoments(&k->rule, nodes[twice], z, &G, mean[twice], cov[twice]);
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
  SgdGrid grid = step->fields->grid;
  States *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  *k = (States){.grid = grid,
                .fields = step->fields,
                .rule = *step->rule,
                .scatter = {grid, grid->dim == 3 ? 4 : 6},
                .nodes = grid->dim == 3 ? 15 : SGD_RULE_NODES};
  const double error = NoiseError(k, &step->support);
  if (step->fields->groups)
    PetscCall(SgdReportFigure(r, "different batches (0: too many, the law is Gaussian)",
                              SgdGroupLawBatches(step->fields->groups), 0, PETSC_TRUE));
  else
    PetscCall(SgdReportFigure(r, "values of the noise", k->nodes, 0, PETSC_TRUE));
  PetscCall(SgdReportFigure(r, "error of a step's moments by the values of the noise", error, 1e-6,
                            (PetscBool)(error <= 1e-6)));
  PetscCall(SgdPushForwardByCells(grid, Cell, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
