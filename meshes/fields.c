#include "meshes/fields.h"
#include "cases/base/chebyshev.h"
#include "meshes/field_array.h"
#include "meshes/phase_space.h"
#include "cases/base/progress.h"
#include <math.h>
#include <petscblaslapack.h>

/* The values at one point: loss, g [d], C [pairs], length of the mean gradient outside the slice. */
#define MAX_VALUES 11

static int Values(int dim) {
  return 1 + dim + SGD_PAIRS(dim) + 1;
}

/* The slice's own values at a, then those of phase space at (a, v). */
static PetscErrorCode EvaluateSlice(const SgdFieldsContext *ctx, const double a[], double *w, double value[]) {
  const int d = ctx->frame->dim;
  double C1[9];
  const double factor = SgdLandscapeBatchFactor(ctx->landscape, ctx->batch, ctx->sampling);

  PetscFunctionBegin;
  SgdFramePoint(ctx->frame, a, w);
  PetscCall(SgdLandscapePoint(ctx->landscape, w, d, ctx->frame->V, &value[0], &value[1], C1, &value[Values(d) - 1]));
  for (int i = 0; i < d; i++)
    for (int j = i; j < d; j++) value[1 + d + SgdPair(d, i, j)] = factor * C1[i * d + j];
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Evaluate(const SgdFieldsContext *ctx, const double a[], double *w, double value[]) {
  double one[MAX_VALUES];

  PetscFunctionBegin;
  PetscCall(EvaluateSlice(ctx, a, w, value));
  if (ctx->momentum != 0) {
    PetscCall(PetscArraycpy(one, value, Values(1)));
    SgdPhaseSpace(ctx->learning_rate, ctx->momentum, a[1], one[1], one[2], &value[1], &value[3]);
    value[Values(2) - 1] = one[Values(1) - 1];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The share of the mean gradient that points out of the slice: the largest outer part over the largest gradient met.
   (Not the largest ratio: at a critical point both vanish and their ratio is noise.) outer[0], outer[1] collect the
   two. */
static void TrackOutside(int d, const double value[], double outer[2]) {
  const double outside = value[Values(d) - 1];
  double square = outside * outside;

  for (int i = 0; i < d; i++) square += value[1 + i] * value[1 + i];
  outer[0] = PetscMax(outer[0], outside);
  outer[1] = PetscMax(outer[1], sqrt(square));
}

/* Store the values of one held cell. */
static void Store(SgdFields f, PetscInt local, const double value[]) {
  const int d = f->grid->dim;

  f->loss[local] = value[0];
  for (int a = 0; a < d; a++) f->g[a][local] = value[1 + a];
  for (int c = 0; c < SGD_PAIRS(d); c++) f->C[c][local] = value[1 + d + c];
}

static PetscErrorCode SampleDirectly(SgdFields f, const SgdFieldsContext *ctx, double *w, double outer[2]) {
  double x[3], value[MAX_VALUES];

  PetscFunctionBegin;
  for (PetscInt cell = f->first_cell; cell < f->last_cell; cell++) {
    SgdGridCentre(f->grid, cell, x);
    PetscCall(Evaluate(ctx, x, w, value));
    Store(f, cell - f->first_cell, value);
    TrackOutside(f->grid->dim, value, outer);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Coordinates of coarse node m in the tensor of nodes^dim. */
static void NodePoint(SgdGrid grid, PetscInt nodes, PetscInt m, double x[]) {
  for (int a = 0; a < grid->dim; a++) {
    x[a] = SgdChebyshevNode(nodes, m % nodes, grid->min[a], grid->max[a]);
    m /= nodes;
  }
}

static PetscErrorCode Report(SgdFields f, SgdProgress *progress, PetscInt done, PetscInt total) {
  const double elapsed = SgdProgressElapsed(progress);

  PetscFunctionBegin;
  if (done && SgdProgressDue(progress))
    PetscCall(SgdTell(f->grid->comm, (double)done / (double)total, elapsed * (double)(total - done) / (double)done,
                      "fields: %" PetscInt_FMT " of %" PetscInt_FMT " nodes", done, total));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Evaluate the landscape at the coarse nodes, dealt out over the ranks: coarse [nodes^dim][values] on every rank. Each
   entry is computed by one rank alone and added to zeros, so the result does not depend on their number. */
static PetscErrorCode SampleNodes(SgdFields f, const SgdFieldsContext *ctx, PetscInt total, double *w, double *coarse,
                                  double outer[2]) {
  const int values = Values(f->grid->dim);
  SgdProgress progress = SgdProgressStart();
  PetscMPIInt rank, size, count;
  double x[3];

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(f->grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(f->grid->comm, &size));
  for (PetscInt m = rank; m < total; m += size) {
    PetscCall(Report(f, &progress, m, total));
    NodePoint(f->grid, ctx->nodes, m, x);
    PetscCall(Evaluate(ctx, x, w, coarse + m * values));
    TrackOutside(f->grid->dim, coarse + m * values, outer);
  }
  PetscCall(PetscMPIIntCast(total * values, &count));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, coarse, count, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* value = sum over the tensor of nodes of prod_a b_a[.] coarse[.]; row[a] is the barycentric row of axis a. Axis by
   axis from the slowest, so that a cell costs nodes^dim additions once per row of cells and `nodes` within it. */
static void ContractSlow(int dim, PetscInt nodes, int values, const double *const row[], const double *coarse,
                         double *line) {
  const PetscInt width = nodes * values;
  const PetscInt slow = dim == 3 ? nodes * nodes : (dim == 2 ? nodes : 1);

  for (PetscInt i = 0; i < width; i++) line[i] = 0;
  for (PetscInt s = 0; s < slow; s++) {
    double b = 1;
    if (dim > 1) b *= row[1][s % nodes];
    if (dim > 2) b *= row[2][s / nodes];
    for (PetscInt i = 0; i < width; i++) line[i] += b * coarse[s * width + i];
  }
}

static void ContractFast(PetscInt nodes, int values, const double *b, const double *line, double *value) {
  for (int v = 0; v < values; v++) value[v] = 0;
  for (PetscInt j = 0; j < nodes; j++)
    for (int v = 0; v < values; v++) value[v] += b[j] * line[j * values + v];
}

/* The interpolant at any point of the box. */
static void InterpolateAt(SgdGrid grid, PetscInt nodes, const double x[], const double *coarse, double *rows,
                          double *line, double *value) {
  const double *row[3];

  for (int a = 0; a < grid->dim; a++) {
    SgdChebyshevRow(nodes, grid->min[a], grid->max[a], x[a], rows + a * nodes);
    row[a] = rows + a * nodes;
  }
  ContractSlow(grid->dim, nodes, Values(grid->dim), row, coarse, line);
  ContractFast(nodes, Values(grid->dim), row[0], line, value);
}

/* All held cells, one line of cells along axis 0 after the other. */
static PetscErrorCode InterpolateCells(SgdFields f, PetscInt nodes, const double *coarse, double *rows, double *line) {
  SgdGrid g = f->grid;
  double x[3], value[MAX_VALUES], *fast;
  const double *row[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(g->n[0] * nodes, &fast));
  for (PetscInt i = 0; i < g->n[0]; i++)
    SgdChebyshevRow(nodes, g->min[0], g->max[0], g->min[0] + ((double)i + 0.5) * g->h[0], fast + i * nodes);
  for (int a = 0; a < g->dim; a++) row[a] = rows + a * nodes;
  for (PetscInt cell = f->first_cell; cell < f->last_cell; cell++) {
    const PetscInt i = cell % g->n[0];
    if (i == 0 || cell == f->first_cell) {
      SgdGridCentre(g, cell, x);
      for (int a = 1; a < g->dim; a++) SgdChebyshevRow(nodes, g->min[a], g->max[a], x[a], rows + a * nodes);
      ContractSlow(g->dim, nodes, Values(g->dim), row, coarse, line);
    }
    ContractFast(nodes, Values(g->dim), fast + i * nodes, line, value);
    Store(f, cell - f->first_cell, value);
  }
  PetscCall(PetscFree(fast));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest error of the interpolant at test points off the nodes (a Halton sequence over the inner 90 % of the box),
   relative to the range of each kind of field: loss, gradient, covariance. */
static PetscErrorCode MeasureError(SgdFields f, const SgdFieldsContext *ctx, double *w, const double *coarse,
                                   PetscInt total, double *rows, double *line) {
  const int d = f->grid->dim, values = Values(d), tests = 12, base[3] = {2, 3, 5};
  double range[MAX_VALUES] = {0}, x[3], exact[MAX_VALUES], guess[MAX_VALUES];

  PetscFunctionBegin;
  for (PetscInt m = 0; m < total; m++)
    for (int v = 0; v < values - 1; v++) {
      const int kind = v == 0 ? 0 : (v <= d ? 1 : 2);
      range[kind] = PetscMax(range[kind], PetscAbsReal(coarse[m * values + v] - (kind ? 0 : coarse[0])));
    }
  for (int t = 1; t <= tests; t++) {
    for (int a = 0; a < d; a++) {
      double halton = 0, scale = 1;
      for (int i = t; i; i /= base[a]) halton += (scale /= base[a]) * (i % base[a]);
      x[a] = f->grid->min[a] + (0.05 + 0.9 * halton) * (f->grid->max[a] - f->grid->min[a]);
    }
    PetscCall(Evaluate(ctx, x, w, exact));
    InterpolateAt(f->grid, ctx->nodes, x, coarse, rows, line, guess);
    for (int v = 0; v < values - 1; v++) {
      const double r = range[v == 0 ? 0 : (v <= d ? 1 : 2)];
      if (r > 0) f->interpolation_error = PetscMax(f->interpolation_error, PetscAbsReal(guess[v] - exact[v]) / r);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SampleAndInterpolate(SgdFields f, const SgdFieldsContext *ctx, double *w, double outer[2]) {
  const int d = f->grid->dim, values = Values(d);
  PetscInt total = 1;
  double *coarse, *rows, *line;

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) total *= ctx->nodes;
  PetscCall(PetscCalloc3(total * values, &coarse, d * ctx->nodes, &rows, ctx->nodes * values, &line));
  PetscCall(SampleNodes(f, ctx, total, w, coarse, outer));
  PetscCall(InterpolateCells(f, ctx->nodes, coarse, rows, line));
  PetscCall(MeasureError(f, ctx, w, coarse, total, rows, line));
  PetscCall(PetscFree3(coarse, rows, line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Allocate(SgdGrid grid, PetscInt halo, SgdFields *fields) {
  SgdFields f;
  PetscInt held;

  PetscFunctionBegin;
  /* across a periodic seam a neighbour may be any row */
  if (grid->boundary[grid->dim - 1] == SGD_PERIODIC) halo = grid->n[grid->dim - 1];
  PetscCall(PetscNew(&f));
  f->grid = grid;
  f->first_row = PetscMax(0, grid->first_row - halo);
  f->last_row = PetscMin(grid->n[grid->dim - 1], grid->last_row + halo);
  f->first_cell = f->first_row * grid->row;
  f->last_cell = f->last_row * grid->row;
  held = f->last_cell - f->first_cell;
  PetscCall(SgdFieldArrayCreate(held, &f->loss));
  for (int a = 0; a < grid->dim; a++) PetscCall(SgdFieldArrayCreate(held, &f->g[a]));
  for (int c = 0; c < SGD_PAIRS(grid->dim); c++) PetscCall(SgdFieldArrayCreate(held, &f->C[c]));
  *fields = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* 0: all values of a held cell are finite; else 1 loss, 2 mean gradient, 3 covariance. */
static int NotFinite(SgdFields f, PetscInt local) {
  const int d = f->grid->dim;

  if (!isfinite(f->loss[local])) return 1;
  for (int a = 0; a < d; a++)
    if (!isfinite(f->g[a][local])) return 2;
  for (int c = 0; c < SGD_PAIRS(d); c++)
    if (!isfinite(f->C[c][local])) return 3;
  return 0;
}

/* A landscape may be undefined in a part of the box (a logarithm, an overflow): there is no density on it then. */
static PetscErrorCode CheckFinite(SgdFields f) {
  static const char *const kind[] = {"", "loss", "mean gradient", "noise covariance"};
  const PetscInt held = f->last_cell - f->first_cell;
  int64_t first = INT64_MAX; /* 4 cell + kind: the smallest over the ranks is the first cell's */
  double x[3];

  PetscFunctionBegin;
  for (PetscInt i = 0; i < held && first == INT64_MAX; i++)
    if (NotFinite(f, i)) first = 4 * (int64_t)(f->first_cell + i) + NotFinite(f, i);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT64_T, MPI_MIN, f->grid->comm));
  if (first == INT64_MAX) PetscFunctionReturn(PETSC_SUCCESS);
  SgdGridCentre(f->grid, (PetscInt)(first / 4), x);
  for (int a = f->grid->dim; a < 3; a++) x[a] = 0;
  return SgdFail(f->grid->comm, SGD_EXIT_NUMBERS,
                 "landscape: its %s is not finite in the box, first at (%g, %g, %g): set slice.min and slice.max to "
                 "where the landscape is defined",
                 kind[first % 4], x[0], x[1], x[2]);
}

/* The slice's own values along axis 1, on every rank, each `shift` farther along. */
static PetscErrorCode SampleSlice(SgdGrid grid, const SgdFieldsContext *ctx, double shift, SgdFields *slice) {
  const double low = grid->min[0] + shift, high = grid->max[0] + shift;
  SgdFieldsContext own = *ctx;
  SgdGrid axis;

  PetscFunctionBegin;
  own.rule = NULL;
  own.halo = grid->n[0];
  PetscCall(SgdGridCreate(grid->comm, 1, grid->n, &low, &high, grid->boundary, &axis));
  PetscCall(SgdFieldsCreate(axis, &own, slice));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* g = -E dz/eta and C = Cov(dz)/eta^2 of a rule's displacement dz at z, from the slice's own at the same a. */
static void RuleValues(const SgdUpdateRule *r, const double z[], const SgdRuleGradient *G, double g[], double C[]) {
  const int d = SgdRuleDimension(r->kind);
  const double eta = r->learning_rate;

  SgdRuleMoments(r, SGD_RULE_NODES, z, G, g, C);
  for (int a = 0; a < d; a++) g[a] /= -eta;
  for (int c = 0; c < SGD_PAIRS(d); c++) C[c] /= eta * eta;
}

static void SampleRule(SgdFields f, const SgdUpdateRule *r) {
  const int d = f->grid->dim;
  double z[3], g[3], C[6];

  for (PetscInt cell = f->first_cell; cell < f->last_cell; cell++) {
    const PetscInt i = cell - f->first_cell, at = cell % f->grid->n[0];
    SgdGridCentre(f->grid, cell, z);
    const SgdRuleGradient G = SgdFieldsRuleGradient(f, at);
    RuleValues(r, z, &G, g, C);
    f->loss[i] = f->slice->loss[at];
    for (int a = 0; a < d; a++) f->g[a][i] = g[a];
    for (int c = 0; c < SGD_PAIRS(d); c++) f->C[c][i] = C[c];
  }
  f->interpolation_error = f->slice->interpolation_error;
  f->outside_share = f->slice->outside_share;
}

/* The fields of an optimizer's states. */
static PetscErrorCode CreateRule(SgdGrid grid, const SgdFieldsContext *ctx, SgdFields *fields) {
  PetscFunctionBegin;
  PetscCall(Allocate(grid, ctx->halo, fields));
  PetscCall(SampleSlice(grid, ctx, 0, &(*fields)->slice));
  for (int k = 0; k < 2 && ctx->rule->kind == SGD_RULE_SAM; k++)
    PetscCall(SampleSlice(grid, ctx, k ? -ctx->rule->radius : ctx->rule->radius, &(*fields)->side[k]));
  if (ctx->rule->kind == SGD_RULE_ALSO) {
    PetscCall(SgdGroupLawCreate(ctx->landscape, ctx->frame, ctx->rule, ctx->batch, &(*fields)->groups));
    PetscCall(
        SgdGroupLawTabulate((*fields)->groups, grid->comm, grid->n[0], grid->min[0] + 0.5 * grid->h[0], grid->h[0]));
  }
  SampleRule(*fields, ctx->rule);
  PetscCall(CheckFinite(*fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldsCreate(SgdGrid grid, const SgdFieldsContext *ctx, SgdFields *fields) {
  SgdFields f = NULL;
  double *w, outer[2] = {0, 0};

  PetscFunctionBegin;
  if (ctx->rule) {
    PetscCall(CreateRule(grid, ctx, fields));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Allocate(grid, ctx->halo, &f));
  PetscCall(PetscMalloc1(ctx->frame->P, &w));
  if (ctx->nodes)
    PetscCall(SampleAndInterpolate(f, ctx, w, outer));
  else
    PetscCall(SampleDirectly(f, ctx, w, outer));
  PetscCall(PetscFree(w));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, outer, 2, MPI_DOUBLE, MPI_MAX, grid->comm));
  f->outside_share = outer[1] > 0 ? outer[0] / outer[1] : 0;
  *fields = f;
  PetscCall(CheckFinite(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rule's values at a point that is no cell's; also's groups are asked anew. */
static PetscErrorCode ExactRule(const SgdFieldsContext *ctx, const double x[], SgdRuleGradient *G, double g[],
                                double C[]) {
  SgdGroupLaw law = NULL;

  PetscFunctionBegin;
  if (ctx->rule->kind == SGD_RULE_ALSO) {
    PetscCall(SgdGroupLawCreate(ctx->landscape, ctx->frame, ctx->rule, ctx->batch, &law));
    PetscCall(SgdGroupLawAt(law, x[0], &G->groups));
  }
  RuleValues(ctx->rule, x, G, g, C);
  PetscCall(SgdGroupLawDestroy(&law));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldsExact(const SgdFieldsContext *ctx, const double x[], double g[], double C[]) {
  const int d = ctx->momentum != 0 ? 2 : ctx->frame->dim;
  double value[MAX_VALUES], *w;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(ctx->frame->P, &w));
  PetscCall(Evaluate(ctx, x, w, value));
  if (ctx->rule) {
    SgdRuleGradient G = {.g = value[1], .variance = value[2]};
    for (int k = 0; k < 2 && ctx->rule->kind == SGD_RULE_SAM; k++) {
      const double side = x[0] + (k ? -ctx->rule->radius : ctx->rule->radius);
      PetscCall(Evaluate(ctx, &side, w, value));
      G.side_g[k] = value[1];
      G.side_variance[k] = value[2];
    }
    PetscCall(ExactRule(ctx, x, &G, g, C));
  }
  PetscCall(PetscFree(w));
  if (ctx->rule) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < d; a++) g[a] = value[1 + a];
  for (int c = 0; c < SGD_PAIRS(d); c++) C[c] = value[1 + d + c];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldsDestroy(SgdFields *fields) {
  SgdFields f = *fields;

  PetscFunctionBegin;
  if (!f) PetscFunctionReturn(PETSC_SUCCESS);
  for (SgdFields *own[] = {&f->slice, &f->side[0], &f->side[1]}, **p = own; p < own + 3; p++) {
    if (!**p) continue;
    PetscCall(SgdGridDestroy(&(**p)->grid));
    PetscCall(SgdFieldsDestroy(*p));
  }
  PetscCall(SgdGroupLawDestroy(&f->groups));
  PetscCall(SgdFieldArrayDestroy(&f->loss));
  for (int a = 0; a < 3; a++) PetscCall(SgdFieldArrayDestroy(&f->g[a]));
  for (int c = 0; c < 6; c++) PetscCall(SgdFieldArrayDestroy(&f->C[c]));
  PetscCall(PetscFree(*fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldsCovarianceFloor(SgdFields f, double *floor) {
  const int d = f->grid->dim;
  PetscBLASInt n = d, lwork = 16, info;
  double A[9], eigenvalue[3], work[16];

  PetscFunctionBegin;
  *floor = PETSC_MAX_REAL;
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    double trace = 0;
    for (int a = 0; a < d; a++) trace += PetscAbsReal(f->C[SgdPair(d, a, a)][i]);
    if (trace == 0) continue;
    for (int a = 0; a < d; a++)
      for (int b = 0; b < d; b++) A[a * d + b] = f->C[SgdPair(d, a, b)][i];
    LAPACKsyev_("N", "L", &n, A, &n, eigenvalue, work, &lwork, &info);
    *floor = PetscMin(*floor, eigenvalue[0] / trace);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, floor, 1, MPI_DOUBLE, MPI_MIN, f->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFieldsScaleNoise(SgdFields f, double ratio) {
  for (int c = 0; c < SGD_PAIRS(f->grid->dim); c++)
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) f->C[c][i] *= ratio;
  return PETSC_SUCCESS;
}
