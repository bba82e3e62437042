/* The master equation with Gaussian minibatch noise of full, state-dependent covariance: from each cell a at its centre
   the mass goes to the Gaussian N(a - eta g(a), eta^2 C(a)) on the cell centres (THEORY.md (14)). */
#include "operators/master/master.h"
#include "operators/push_forward/push_forward.h"
#include "operators/push_forward/gaussian_splat.h"

typedef struct {
  SgdGrid grid;
  SgdFields fields;
  double eta, radius;
  SgdGaussianSplat splat;
} Splat;

/* The kernel of one cell, in cell coordinates: T = (a - eta g - min)/h - 1/2, S_ab = eta^2 C_ab/(h_a h_b). */
static PetscErrorCode FillSplat(Splat *k, PetscInt cell) {
  SgdGrid grid = k->grid;
  const int d = grid->dim;
  const PetscInt i = cell - k->fields->first_cell;
  double x[3], T[3], S[6];

  PetscFunctionBegin;
  SgdGridCentre(grid, cell, x);
  for (int a = 0; a < d; a++) {
    T[a] = (x[a] - k->eta * k->fields->g[a][i] - grid->min[a]) / grid->h[a] - 0.5;
    /* beyond any kernel's reach, keep the integers small; all of it leaves through that face anyway */
    T[a] = PetscMax(-1e8, PetscMin(1e8, T[a]));
    for (int b = a; b < d; b++)
      S[SgdPair(d, a, b)] = k->eta * k->eta * k->fields->C[SgdPair(d, a, b)][i] / (grid->h[a] * grid->h[b]);
  }
  PetscCheck(!SgdGaussianSplatFill(&k->splat, d, T, S, k->radius), PETSC_COMM_SELF, PETSC_ERR_FP,
             "The noise covariance at cell %" PetscInt_FMT " is not positive definite", cell);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the run lie inside the box? Then its targets are consecutive. */
static PetscBool InsideGrid(SgdGrid grid, const int start[3], int length) {
  if (start[0] < 0 || start[0] + length > grid->n[0]) return PETSC_FALSE;
  for (int a = 1; a < grid->dim; a++)
    if (start[a] < 0 || start[a] >= grid->n[a]) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* A run that crosses the edge of the box. Its outer part is added up by face first: thousands of tiny terms, each below
   the rounding of the ledger, would be lost one by one. */
static void PushAcross(SgdGrid grid, PetscInt index[], int length, double m, const double *w, double *target,
                       double lost[]) {
  for (int i = 0; i < length; i++, index[0]++) {
    const PetscInt t = SgdGridTarget(grid, index);
    if (t < grid->cells)
      target[t] += m * w[i];
    else
      lost[t - grid->cells] += m * w[i];
  }
}

static PetscErrorCode Push(void *ctx, const double *mass, double *target) {
  Splat *k = ctx;
  SgdGrid grid = k->grid;
  double weights = 0;

  PetscFunctionBegin;
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    const double m = mass[cell - grid->first_cell];
    double lost[6] = {0};
    if (m == 0) continue;
    PetscCall(FillSplat(k, cell));
    for (int r = 0; r < k->splat.runs; r++) {
      const int *start = k->splat.start[r], length = k->splat.length[r];
      const double *w = k->splat.weight + k->splat.offset[r];
      weights += length;
      PetscInt index[3] = {start[0], start[1], start[2]};
      if (InsideGrid(grid, start, length)) {
        double *restrict t = target + SgdGridTarget(grid, index);
        for (int i = 0; i < length; i++) t[i] += m * w[i];
      } else
        PushAcross(grid, index, length, m, w, target, lost);
    }
    for (PetscInt f = 0; f < grid->ledger; f++) target[grid->cells + f] += lost[f];
  }
  PetscCall(PetscLogFlops(2 * weights)); /* the weights themselves, an exponential each, are not counted */
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Pull(void *ctx, const double *everywhere, double *value) {
  Splat *k = ctx;
  SgdGrid grid = k->grid;
  double weights = 0;

  PetscFunctionBegin;
  for (PetscInt cell = grid->first_cell; cell < grid->last_cell; cell++) {
    double sum = 0;
    PetscCall(FillSplat(k, cell));
    for (int r = 0; r < k->splat.runs; r++) {
      PetscInt index[3] = {k->splat.start[r][0], k->splat.start[r][1], k->splat.start[r][2]};
      const double *w = k->splat.weight + k->splat.offset[r];
      weights += k->splat.length[r];
      for (int i = 0; i < k->splat.length[r]; i++, index[0]++) sum += w[i] * everywhere[SgdGridTarget(grid, index)];
    }
    value[cell - grid->first_cell] = sum;
  }
  PetscCall(PetscLogFlops(2 * weights));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PushForwardDestroy_Splat(void *ctx) {
  PetscFunctionBegin;
  SgdGaussianSplatFree(&((Splat *)ctx)->splat);
  PetscCall(PetscFree(ctx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterSplat(const SgdStep *step, double radius, Mat *A) {
  static const SgdPushForwardOps ops = {.push = Push, .pull = Pull, .destroy = PushForwardDestroy_Splat};
  Splat *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  k->grid = step->fields->grid;
  k->fields = step->fields;
  k->eta = step->learning_rate;
  k->radius = radius;
  PetscCall(SgdPushForwardCreate(k->grid, &ops, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
