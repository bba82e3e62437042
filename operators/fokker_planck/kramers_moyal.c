#include "operators/fokker_planck/kramers_moyal.h"

/* L1 p = d_i(g_i p), central: a cell's mass times g_i/(2 h_i) goes down the axis and minus that goes up. */
static PetscErrorCode AddDrift(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double factor) {
  SgdGrid grid = f->grid;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    const double rate = factor * f->g[a][cell - f->first_cell] / (2 * grid->h[a]);
    for (int sign = -1; sign <= 1; sign += 2) {
      int offset[3] = {0, 0, 0};
      offset[a] = sign;
      PetscCall(SgdTransfersAdd(t, index, offset, -sign * rate));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* L2 p = (1/2) d_i d_j (R_ij p): R_ii/(2 h_i^2) to both neighbours; R_ij/(4 h_i h_j) to the four diagonal ones, with
   the sign of the diagonal (the pair i < j counts twice, which cancels the 1/2). */
static PetscErrorCode AddDiffusion(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double factor) {
  SgdGrid grid = f->grid;
  const PetscInt i = cell - f->first_cell;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++)
    for (int b = a; b < grid->dim; b++) {
      const double rate = factor * SgdSecondMoment(f, i, a, b) / ((a == b ? 2 : 4) * grid->h[a] * grid->h[b]);
      for (int s = -1; s <= 1; s += 2)
        for (int r = -1; r <= 1; r += 2) {
          int offset[3] = {0, 0, 0};
          if (a == b && r < 0) continue;
          offset[a] = s;
          if (a != b) offset[b] = r;
          PetscCall(SgdTransfersAdd(t, index, offset, a == b ? rate : s * r * rate));
        }
    }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKramersMoyalAdd(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double drift,
                                  double diffusion) {
  PetscFunctionBegin;
  if (drift != 0) PetscCall(AddDrift(t, f, cell, index, drift));
  if (diffusion != 0) PetscCall(AddDiffusion(t, f, cell, index, diffusion));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdKramersMoyalAssemble(SgdFields f, double drift, double diffusion, Mat *A) {
  SgdTransfers t;
  PetscInt index[3];

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(f->grid, &t));
  for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++) {
    SgdGridIndex(f->grid, cell, index);
    PetscCall(SgdKramersMoyalAdd(t, f, cell, index, drift, diffusion));
  }
  PetscCall(SgdTransfersAssemble(t, 1, 1, A));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
