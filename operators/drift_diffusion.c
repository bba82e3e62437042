/* Two-point fluxes on Selling's edges. With D = sum_e rho_e e e^T and b = sum_e rho_e (e.D^{-1} b) e in lattice units,
   the mass of a cell leaves along the edge e at the rate rho_e W(-z), z = e.D^{-1} b:
    - moment_exact: z of the source cell, W(z) = max(1 - z/2, 0, -z): where |z| <= 2 the jumps have mean b and
      covariance 2 D exactly, beyond it is upwind;
    - scharfetter_gummel: z averaged over the edge's two ends, W(z) = z/(exp(z) - 1): exact for the stationary density
      of a gradient system with constant D. */
#include "drift_diffusion.h"
#include "selling.h"
#include "transfer_matrix.h"

PetscErrorCode SgdFluxRead(SgdCase c, const char *section, const char *name, SgdFlux *flux) {
  static const char *const known[] = {"moment_exact", "scharfetter_gummel", NULL};
  char key[96];

  PetscFunctionBegin;
  *flux = strcmp(name, known[0]) ? SGD_FLUX_SCHARFETTER_GUMMEL : SGD_FLUX_MOMENT_EXACT;
  PetscCall(PetscSNPrintf(key, sizeof key, "%s.flux", section));
  if (strcmp(name, known[0]) && strcmp(name, known[1]))
    PetscCall(SgdCaseError(c, key, known, "expected moment_exact or scharfetter_gummel, found \"%s\"", name));
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
  PetscCall(PetscFree(*dd));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Hybrid(double z) {
  return PetscMax(1 - z / 2, PetscMax(0, -z));
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

/* The mass that leaves this cell along each edge, both ways. */
static PetscErrorCode AddCell(SgdDriftDiffusion dd, SgdFlux flux, SgdTransfers t, PetscInt cell, int *bad) {
  const PetscBool fitted = (PetscBool)(flux == SGD_FLUX_SCHARFETTER_GUMMEL);
  const int d = dd->fields->grid->dim;
  double D[6], near[3], far[3];
  SgdSelling s;
  PetscInt index[3];

  PetscFunctionBegin;
  SgdGridIndex(dd->fields->grid, cell, index);
  *bad = Local(dd, cell, D, near) || SgdSellingDecompose(d, D, &s);
  for (int k = 0; !*bad && k < s.count; k++)
    for (int sign = -1; sign <= 1; sign += 2) {
      const int e[3] = {sign * s.e[k][0], sign * s.e[k][1], sign * s.e[k][2]};
      double z = 0;
      for (int a = 0; a < d; a++) far[a] = near[a];
      if (fitted) FarEnd(dd, index, e, near, far);
      for (int a = 0; a < d; a++) z += 0.5 * e[a] * (near[a] + far[a]);
      PetscCall(SgdTransfersAdd(t, index, e, s.rho[k] * (fitted ? Bernoulli(-z) : Hybrid(-z))));
    }
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
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell && !bad; cell++) {
    PetscCall(AddCell(dd, flux, t, cell, &bad));
    if (bad) first_bad = cell;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &first_bad, 1, MPIU_INT, MPI_MIN, grid->comm));
  if (first_bad < PETSC_MAX_INT) PetscCall(Refuse(grid, first_bad, model, advice));
  PetscCall(SgdTransfersAssemble(t, 0, 1, L));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
