/* Jumps on Selling's edges. With D = sum_e rho_e e e^T and b = sum_e rho_e z_e e, z_e = e.D^{-1} b, in lattice units:
    - moment_exact: the mass of a cell leaves along +-e at the rates rho_e (1 +- z_e/2), z at the source. Mean b and
      covariance 2 D are exact while all |z_e| <= 2. Beyond, z is cut to that range and the drift r that is then missing
      is carried along the axes, upwind: the mean stays exact, the covariance grows by h_a |r_a|;
    - scharfetter_gummel: rates rho_e W(-z_e), W(z) = z/(exp(z) - 1), z averaged over the edge's two ends: exact for the
      stationary density of a gradient system with constant D. */
#include "operators/generators/drift_diffusion.h"
#include "operators/generators/selling.h"
#include "operators/matrices/transfer_matrix.h"
#include "cases/file/choice.h"

PetscErrorCode SgdFluxRead(SgdCase c, const char *section, const char *name, SgdFlux *flux) {
  static const char *const names[] = {"moment_exact", "scharfetter_gummel", NULL}; /* as SgdFlux */
  int found = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseChoiceIn(c, section, "flux", names, name, &found));
  *flux = (SgdFlux)found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDriftDiffusionCreate(SgdFields f, SgdDriftDiffusion *drift_diffusion) {
  SgdDriftDiffusion dd;
  const PetscInt held = f->last_cell - f->first_cell;

  PetscFunctionBegin;
  PetscCall(PetscNew(&dd));
  dd->fields = f;
  dd->rows = (SgdRows){f->first_row, f->last_row};
  for (int a = 0; a < f->grid->dim; a++) PetscCall(PetscCalloc1(held, &dd->b[a]));
  for (int c = 0; c < SGD_PAIRS(f->grid->dim); c++) PetscCall(PetscCalloc1(held, &dd->D[c]));
  *drift_diffusion = dd;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDriftDiffusionDestroy(SgdDriftDiffusion *dd) {
  PetscFunctionBegin;
  if (!*dd) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < 3; a++) PetscCall(PetscFree((*dd)->b[a]));
  for (int c = 0; c < 6; c++) PetscCall(PetscFree((*dd)->D[c]));
  for (int a = 0; a < 3; a++) PetscCall(PetscFree((*dd)->added[a]));
  PetscCall(PetscFree(*dd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdDriftDiffusionTakeAdded(SgdDriftDiffusion dd, double *added[3]) {
  for (int a = 0; a < 3; a++) {
    added[a] = dd->added[a];
    dd->added[a] = NULL;
  }
}

void SgdDriftDiffusionTakeFields(SgdDriftDiffusion dd, double *own[9]) {
  const SgdFields f = dd->fields;
  const int d = f->grid->dim;

  for (int a = 0; a < d; a++) {
    own[a] = dd->b[a];
    dd->b[a] = NULL;
  }
  for (int c = 0; c < SGD_PAIRS(d); c++) {
    own[d + c] = dd->D[c];
    dd->D[c] = NULL;
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) own[d + c][i] *= 2;
  }
}

static double Bernoulli(double z) {
  return PetscAbsReal(z) < 1e-8 ? 1 - z / 2 : z / expm1(z);
}

/* D in lattice units and x = D^{-1} b in the same, at one held cell; nonzero where D is not positive definite. */
static int Local(SgdDriftDiffusion dd, PetscInt cell, double D[6], double x[3]) {
  SgdGrid grid = dd->fields->grid;
  const PetscInt i = cell - dd->fields->first_cell;
  const int d = grid->dim;
  double M[3][4];

  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++) D[SgdPair(d, a, b)] = dd->D[SgdPair(d, a, b)][i] / (grid->h[a] * grid->h[b]);
  for (int a = 0; a < d; a++) {
    for (int b = 0; b < d; b++) M[a][b] = D[SgdPair(d, a, b)];
    M[a][d] = dd->b[a][i] / grid->h[a];
  }
  for (int p = 0; p < d; p++) { /* Gauss-Jordan; the pivots of a positive definite matrix are positive */
    if (!(M[p][p] > 0)) return 1;
    for (int a = 0; a < d; a++) {
      const double factor = M[a][p] / M[p][p];
      for (int b = p; a != p && b <= d; b++) M[a][b] -= factor * M[p][b];
    }
  }
  for (int a = 0; a < d; a++) x[a] = M[a][d] / M[a][a];
  return 0;
}

/* x = D^{-1} b at the edge's other end; across a face or where it is not known, the value at the near end. */
static void FarEnd(SgdDriftDiffusion dd, const PetscInt index[], const int e[3], const double near[3], double far[3]) {
  SgdGrid grid = dd->fields->grid;
  PetscInt target[3] = {0, 0, 0}, cell;
  double D[6];

  for (int a = 0; a < grid->dim; a++) target[a] = index[a] + e[a];
  cell = SgdGridTarget(grid, target);
  if (cell < dd->rows.first * grid->row || cell >= dd->rows.last * grid->row || Local(dd, cell, D, far))
    for (int a = 0; a < grid->dim; a++) far[a] = near[a];
}

static double Component(const SgdSelling *s, int k, int d, const double x[3]) {
  double z = 0;
  for (int a = 0; a < d; a++) z += s->e[k][a] * x[a];
  return z;
}

/* Bring all z into [-2, 2], and give back the 1-norm of the missing drift r: each edge by itself, or all by one factor.
 */
static double Limit(const SgdSelling *s, int d, PetscBool together, double z[6], double r[3]) {
  double most = 2, size = 0;

  for (int k = 0; k < s->count; k++) most = PetscMax(most, PetscAbsReal(z[k]));
  for (int a = 0; a < d; a++) r[a] = 0;
  for (int k = 0; k < s->count; k++) {
    const double limited = together ? z[k] * 2 / most : PetscMax(-2, PetscMin(2, z[k]));
    for (int a = 0; a < d; a++) r[a] += s->rho[k] * (z[k] - limited) * s->e[k][a];
    z[k] = limited;
  }
  for (int a = 0; a < d; a++) size += PetscAbsReal(r[a]);
  return size;
}

/* The transfers out of one cell, and the variance they give it per unit of time, in lattice units. */
typedef struct {
  SgdTransfers transfers;
  PetscInt index[3];
  double variance[3];
} Source;

static PetscErrorCode AddRate(Source *from, const int e[3], double rate) {
  for (int a = 0; a < 3; a++) from->variance[a] += rate * e[a] * e[a];
  return SgdTransfersAdd(from->transfers, from->index, e, rate);
}

static PetscErrorCode AddMomentExact(Source *from, int d, const SgdSelling *s, const double x[3]) {
  double z[6], each[6], r[3], r_each[3];

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++) z[k] = each[k] = Component(s, k, d, x);
  const PetscBool together = (PetscBool)(Limit(s, d, PETSC_FALSE, each, r_each) > Limit(s, d, PETSC_TRUE, z, r));
  for (int k = 0; k < s->count; k++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const int e[3] = {sign * s->e[k][0], sign * s->e[k][1], sign * s->e[k][2]};
      PetscCall(AddRate(from, e, s->rho[k] * (1 + sign * (together ? z : each)[k] / 2)));
    }
  for (int a = 0; a < d; a++) {
    const double missing = (together ? r : r_each)[a];
    int e[3] = {0, 0, 0};
    e[a] = missing > 0 ? 1 : -1;
    PetscCall(AddRate(from, e, PetscAbsReal(missing)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode AddFitted(SgdDriftDiffusion dd, Source *from, const SgdSelling *s, const double near[3]) {
  const int d = dd->fields->grid->dim;
  double far[3];

  PetscFunctionBegin;
  for (int k = 0; k < s->count; k++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const int e[3] = {sign * s->e[k][0], sign * s->e[k][1], sign * s->e[k][2]};
      FarEnd(dd, from->index, e, near, far);
      const double z = 0.5 * sign * (Component(s, k, d, near) + Component(s, k, d, far));
      PetscCall(AddRate(from, e, s->rho[k] * Bernoulli(-z)));
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The mass that leaves this cell. */
static PetscErrorCode AddCellRates(SgdDriftDiffusion dd, SgdFlux flux, SgdTransfers t, PetscInt cell, int *bad) {
  SgdGrid grid = dd->fields->grid;
  const int d = grid->dim;
  Source from = {.transfers = t};
  double D[6], x[3];
  SgdSelling s;

  PetscFunctionBegin;
  SgdGridIndex(grid, cell, from.index);
  *bad = Local(dd, cell, D, x) || SgdSellingDecompose(d, D, &s);
  if (*bad) PetscFunctionReturn(PETSC_SUCCESS);
  if (flux == SGD_FLUX_MOMENT_EXACT)
    PetscCall(AddMomentExact(&from, d, &s, x));
  else
    PetscCall(AddFitted(dd, &from, &s, x));
  for (int a = 0; a < d; a++)
    dd->added[a][cell - grid->first_cell] = PetscSqr(grid->h[a]) * (from.variance[a] - 2 * D[SgdPair(d, a, a)]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The lowest such cell over the ranks is named. */
static PetscErrorCode Refuse(SgdGrid grid, PetscInt cell, const char *model, const char *advice) {
  double x[3];
  char place[96] = "";

  PetscFunctionBegin;
  SgdGridCentre(grid, cell, x);
  for (int a = 0; a < grid->dim; a++)
    PetscCall(PetscSNPrintf(place + strlen(place), sizeof place - strlen(place), a ? ", %.6g" : "%.6g", x[a]));
  return SgdFail(grid->comm, SGD_EXIT_NUMBERS, "model %s: the diffusion tensor is not positive definite at (%s): %s",
                 model, place, advice);
}

PetscErrorCode SgdDriftDiffusionAssemble(SgdDriftDiffusion dd, SgdFlux flux, const char *model, const char *advice,
                                         Mat *L) {
  SgdGrid grid = dd->fields->grid;
  PetscInt first_bad = PETSC_MAX_INT;
  SgdTransfers t;
  int bad = 0;

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(grid, &t));
  for (int a = 0; a < grid->dim; a++) PetscCall(PetscCalloc1(grid->last_cell - grid->first_cell, &dd->added[a]));
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell && !bad; cell++) {
    PetscCall(AddCellRates(dd, flux, t, cell, &bad));
    if (bad) first_bad = cell;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first_bad, 1, MPIU_INT, MPI_MIN, grid->comm));
  if (first_bad < PETSC_MAX_INT) PetscCall(Refuse(grid, first_bad, model, advice));
  PetscCall(SgdTransfersAssemble(t, 0, 1, L));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
