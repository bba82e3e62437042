#include "solver/measures/certificate.h"
#include "cases/base/sum.h"

#define REACH    4.5 /* standard deviations of the step's noise that must fit before the faces: 7e-6 lies beyond */
#define MARGIN   4   /* cells, for the reach of stencils and kernels */
#define ROUNDING (64 * PETSC_MACHINE_EPSILON)

/* Sums over cells: mass, first and second moments about the origin; the noise's own. */
enum { MASS, FIRST, SECOND = 4, NOISE = 10, SUMS = 16 };

typedef struct {
  SgdModel model;
  SgdFields fields;
  SgdGrid grid;
  const double *origin; /* the mean */
  double eta;
  PetscBool map;
} Trial;

/* Does a step from a cell stay away from the faces? */
static PetscBool Stays(const Trial *t, const double x[], const double b[], const double S[]) {
  const SgdGrid g = t->grid;

  for (int a = 0; a < g->dim; a++) {
    const double there = x[a] + (t->map ? b[a] : 0), noise = REACH * sqrt(PetscMax(S[SgdPair(g->dim, a, a)], 0)),
                 reach = PetscMax(t->map ? noise : 0, MARGIN * g->h[a]);
    if (there - reach < g->min[a] || there + reach > g->max[a]) return PETSC_FALSE;
  }
  return PETSC_TRUE;
}

/* What the equation makes of a mass at x, from the mean. */
static void AddOwn(const Trial *t, double mass, const double x[], const double b[], const double S[], SgdSum sum[]) {
  const int d = t->grid->dim;
  const double per_step = t->map ? 1 : t->eta;

  SgdSumAdd(&sum[MASS], mass);
  for (int a = 0; a < d; a++) {
    SgdSumAdd(&sum[FIRST + a], mass * (t->map ? x[a] + b[a] : t->eta * b[a]));
    for (int c = a; c < d; c++) {
      const int p = SgdPair(d, a, c);
      SgdSumAdd(&sum[SECOND + p],
                mass * (t->map ? (x[a] + b[a]) * (x[c] + b[c]) + S[p] : t->eta * (x[a] * b[c] + b[a] * x[c] + S[p])));
      SgdSumAdd(&sum[NOISE + p], mass * per_step * S[p]);
    }
  }
}

/* z: the cells of y that are tried; their sums by the equation. PETSC_FALSE: it has none. */
static PetscErrorCode Restrict(const Trial *t, Vec y, Vec z, SgdSum sum[], PetscBool *known) {
  const SgdGrid g = t->grid;
  const PetscScalar *mass;
  PetscScalar *kept;
  double x[3], b[3], S[6];
  int unknown;

  PetscFunctionBegin;
  *known = PETSC_TRUE;
  PetscCall(VecSet(z, 0));
  PetscCall(VecGetArrayRead(y, &mass));
  PetscCall(VecGetArray(z, &kept));
  for (PetscInt cell = g->first_cell; cell < g->last_cell && *known; cell++) {
    const PetscInt i = cell - g->first_cell;
    *known = SgdModelOwnMoments(t->model, cell - t->fields->first_cell, b, S);
    if (!*known || mass[i] == 0) continue;
    SgdGridCentre(g, cell, x);
    if (!Stays(t, x, b, S)) continue;
    for (int a = 0; a < g->dim; a++) x[a] -= t->origin[a];
    kept[i] = mass[i];
    AddOwn(t, mass[i], x, b, S, sum);
  }
  PetscCall(VecRestoreArray(z, &kept));
  PetscCall(VecRestoreArrayRead(y, &mass));
  unknown = !*known;
  PetscCall(SgdAgree(g->comm, &unknown));
  *known = (PetscBool)!unknown;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The sums of what the operator makes of z. */
static PetscErrorCode MeasureStep(const Trial *t, Vec z, SgdSum sum[], double *left) {
  const SgdGrid g = t->grid;
  const int d = g->dim;
  const double per_step = t->map ? 1 : t->eta;
  const PetscScalar *mass;
  double x[3], lost[6];
  Vec r;

  PetscFunctionBegin;
  PetscCall(VecDuplicate(z, &r));
  PetscCall(MatMult(SgdModelOperator(t->model), z, r));
  PetscCall(VecGetArrayRead(r, &mass));
  for (PetscInt cell = g->first_cell; cell < g->last_cell; cell++) {
    const double moved = per_step * mass[cell - g->first_cell];
    SgdGridCentre(g, cell, x);
    for (int a = 0; a < d; a++) x[a] -= t->origin[a];
    SgdSumAdd(&sum[MASS], moved);
    for (int a = 0; a < d; a++) {
      SgdSumAdd(&sum[FIRST + a], moved * x[a]);
      for (int c = a; c < d; c++) SgdSumAdd(&sum[SECOND + SgdPair(d, a, c)], moved * x[a] * x[c]);
    }
  }
  PetscCall(VecRestoreArrayRead(r, &mass));
  PetscCall(SgdGridLedger(g, r, lost));
  *left = 0;
  for (int face = 0; face < 2 * d; face++) *left += per_step * PetscAbsReal(lost[face]);
  PetscCall(VecDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The figures from both sums; `left`: the mass that has left although it was tried. */
static void Compare(const Trial *t, const SgdMoments *m, const double own[], const double found[], double left,
                    SgdCertificate *c) {
  const int d = t->grid->dim;
  double noise[3], extent[3], spread[3];

  left /= own[MASS];
  for (int a = 0; a < d; a++) {
    const double variance = m->cov[SgdPair(d, a, a)], step = own[NOISE + SgdPair(d, a, a)] / own[MASS];
    extent[a] = t->grid->max[a] - t->grid->min[a];
    noise[a] = sqrt(step > 1e-12 * variance ? step : PetscMax(variance, t->grid->h[a] * t->grid->h[a]));
    spread[a] = sqrt(PetscMax(variance, 0) + PetscMax(step, 0));
  }
  c->mean = c->covariance = c->gross = c->allowed = 0;
  for (int a = 0; a < d; a++) {
    const double mean = PetscAbsReal(found[FIRST + a] - own[FIRST + a]) / own[MASS],
                 slight = (left + ROUNDING) * extent[a];
    c->mean = PetscMax(c->mean, mean / noise[a]);
    c->allowed = PetscMax(c->allowed, slight / noise[a]);
    c->gross = PetscMax(c->gross, (mean - slight) / spread[a]);
    for (int b = a; b < d; b++) {
      const int p = SECOND + SgdPair(d, a, b);
      const double second = PetscAbsReal(found[p] - own[p]) / own[MASS],
                   slack = (left + ROUNDING) * extent[a] * extent[b];
      c->covariance = PetscMax(c->covariance, second / (noise[a] * noise[b]));
      c->gross = PetscMax(c->gross, (second - slack) / (spread[a] * spread[b]));
      c->allowed = PetscMax(c->allowed, slack / (noise[a] * noise[b]));
    }
  }
}

PetscErrorCode SgdCertificateCompute(SgdModel model, SgdFields fields, double eta, Vec y, const SgdMoments *m,
                                     SgdCertificate *c) {
  const Trial t = {model, fields, fields->grid, m->mean, eta, (PetscBool)(SgdModelGetKind(model) == SGD_MAP)};
  SgdSum own[SUMS] = {{0}}, found[SUMS] = {{0}};
  double left = 0, sum[2][SUMS];
  PetscBool known;
  Vec z;

  PetscFunctionBegin;
  *c = (SgdCertificate){.mean = NAN, .covariance = NAN};
  if (!(m->mass > 0) || !isfinite(m->mean[0])) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDuplicate(y, &z));
  PetscCall(Restrict(&t, y, z, own, &known));
  PetscCall(SgdSumReduce(t.grid->comm, SUMS, own, sum[0]));
  if (known && sum[0][MASS] > 0) {
    PetscCall(MeasureStep(&t, z, found, &left));
    PetscCall(SgdSumReduce(t.grid->comm, SUMS, found, sum[1]));
    c->share = sum[0][MASS] / m->mass;
    Compare(&t, m, sum[0], sum[1], left, c);
  }
  PetscCall(VecDestroy(&z));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdCertificateWorse(SgdCertificate *worst, const SgdCertificate *other) {
  if (!(other->share > 0)) return;
  if (!(worst->share > 0)) {
    *worst = *other;
    return;
  }
  worst->share = PetscMin(worst->share, other->share);
  worst->mean = PetscMax(worst->mean, other->mean);
  worst->covariance = PetscMax(worst->covariance, other->covariance);
  worst->gross = PetscMax(worst->gross, other->gross);
  worst->allowed = PetscMax(worst->allowed, other->allowed);
}
