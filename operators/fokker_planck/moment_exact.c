#include "operators/fokker_planck/moment_exact.h"
#include "operators/fokker_planck/kramers_moyal.h"
#include "operators/matrices/transfer_matrix.h"

/* Central differences of order 0 .. 4 and, last, the first one twice, as what a unit of mass sends to the cells at
   distance -2 .. 2 (the transpose of the usual stencil: odd orders change sign). */
enum { DIFFERENCES = 6, FIRST_TWICE = 5 };
static const double sent[DIFFERENCES][5] = {{0, 0, 1, 0, 0},       {0, 0.5, 0, -0.5, 0}, {0, 1, -2, 1, 0},
                                            {0.5, -1, 0, 1, -0.5}, {1, -4, 6, -4, 1},    {0.25, 0, -0.5, 0, 0.25}};

/* rate times the product over the axes of differences of kind[a], each over h_a to its order. */
static PetscErrorCode AddProduct(SgdTransfers t, SgdGrid grid, const PetscInt index[], const int kind[3], double rate) {
  int o[3];

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) rate /= pow(grid->h[a], kind[a] == FIRST_TWICE ? 2 : kind[a]);
  for (o[2] = -2; o[2] <= 2; o[2]++)
    for (o[1] = -2; o[1] <= 2; o[1]++)
      for (o[0] = -2; o[0] <= 2; o[0]++) {
        const double w = sent[kind[0]][o[0] + 2] * sent[kind[1]][o[1] + 2] * sent[kind[2]][o[2] + 2];
        if (w != 0) PetscCall(SgdTransfersAdd(t, index, o, w * rate));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d_i d_j d_k (g_i R_jk p): a pair j < k counts twice. */
static PetscErrorCode AddThird(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double factor) {
  const int d = f->grid->dim;
  const PetscInt at = cell - f->first_cell;

  PetscFunctionBegin;
  for (int i = 0; i < d; i++)
    for (int j = 0; j < d; j++)
      for (int k = j; k < d; k++) {
        int kind[3] = {0, 0, 0};
        kind[i]++, kind[j]++, kind[k]++;
        if (j != k && (i == j || i == k)) kind[i] = FIRST_TWICE;
        PetscCall(AddProduct(t, f->grid, index, kind,
                             (j == k ? 1 : 2) * factor * f->g[i][at] * SgdSecondMoment(f, at, j, k)));
      }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* d_i d_j d_k d_l (R_ij R_kl p): pairs i < j and k < l count twice each. */
static PetscErrorCode AddFourth(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double factor) {
  const int d = f->grid->dim;
  const PetscInt at = cell - f->first_cell;

  PetscFunctionBegin;
  for (int i = 0; i < d; i++)
    for (int j = i; j < d; j++)
      for (int k = 0; k < d; k++)
        for (int l = k; l < d; l++) {
          int kind[3] = {0, 0, 0};
          kind[i]++, kind[j]++, kind[k]++, kind[l]++;
          PetscCall(AddProduct(t, f->grid, index, kind,
                               (i == j ? 1 : 2) * (k == l ? 1 : 2) * factor * SgdSecondMoment(f, at, i, j) *
                                   SgdSecondMoment(f, at, k, l)));
        }
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef PetscErrorCode (*Side)(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double eta);

static PetscErrorCode AddLeft(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double eta) {
  return AddFourth(t, f, cell, index, SGD_MOMENT_EXACT_B * pow(eta, 4) / 4);
}

static PetscErrorCode AddRight(SgdTransfers t, SgdFields f, PetscInt cell, const PetscInt index[], double eta) {
  PetscFunctionBegin;
  PetscCall(SgdKramersMoyalAdd(t, f, cell, index, eta, eta * eta));
  PetscCall(AddThird(t, f, cell, index, SGD_MOMENT_EXACT_C * pow(eta, 3) / 2));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Assemble(SgdFields f, Side side, double eta, double shift, Mat *A) {
  SgdTransfers t;
  PetscInt index[3];

  PetscFunctionBegin;
  PetscCall(SgdTransfersCreate(f->grid, &t));
  for (PetscInt cell = f->grid->first_cell; cell < f->grid->last_cell; cell++) {
    SgdGridIndex(f->grid, cell, index);
    PetscCall(side(t, f, cell, index, eta));
  }
  PetscCall(SgdTransfersRound(t));
  PetscCall(SgdTransfersAssemble(t, shift, 1, A));
  PetscCall(SgdTransfersDestroy(&t));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMomentExactAssemble(SgdFields f, double eta, Mat *A, Mat *N) {
  PetscFunctionBegin;
  PetscCall(Assemble(f, AddLeft, eta, 1, A));
  PetscCall(Assemble(f, AddRight, eta, 0, N));
  PetscFunctionReturn(PETSC_SUCCESS);
}
