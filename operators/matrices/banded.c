#include "operators/matrices/banded.h"
#include "operators/matrices/diagonals.h"

#define FULL 0.5 /* a diagonal pays where it holds this share of the rows: 8 bytes a row against 12 an entry */

typedef struct {
  SgdDiagonals diagonals; /* of this rank's rows and columns */
  Mat rest;
} Banded;

static double *Value(const SgdDiagonals *d, PetscInt row, int k) {
  const PetscInt chunk = row / SGD_DIAGONALS_CHUNK;

  return d->value + (chunk * d->count + k) * SGD_DIAGONALS_CHUNK + row % SGD_DIAGONALS_CHUNK;
}

static PetscErrorCode MatMult_Banded(Mat B, Vec x, Vec y) {
  Banded *b;
  const double *in;
  double *out;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(B, &b));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  SgdDiagonalsMult(&b->diagonals, in, out);
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(MatMultAdd(b->rest, x, y, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBandedRecur(Mat B, Vec x, Vec y, double c, Vec sum, Vec work) {
  void (*mult)(void) = NULL;
  PetscBool shell;
  const double *in;
  double *out, *series;
  Banded *b;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)B, MATSHELL, &shell));
  if (shell) PetscCall(MatShellGetOperation(B, MATOP_MULT, &mult));
  if (mult != (void (*)(void))MatMult_Banded) {
    PetscCall(VecAXPY(sum, c, x));
    PetscCall(MatMult(B, x, work));
    PetscCall(VecAYPX(y, -1, work));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(MatShellGetContext(B, &b));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArray(y, &out));
  PetscCall(VecGetArray(sum, &series));
  SgdDiagonalsRecur(&b->diagonals, in, out, c, series);
  PetscCall(VecRestoreArray(sum, &series));
  PetscCall(VecRestoreArray(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscCall(MatMultAdd(b->rest, x, y, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Banded(Mat B) {
  Banded *b;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(B, &b));
  PetscCall(PetscFree(b->diagonals.value));
  PetscCall(MatDestroy(&b->rest));
  PetscCall(PetscFree(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The offsets within this rank's square block that are full enough. */
static PetscErrorCode FindDiagonals(Mat A, SgdDiagonals *d) {
  PetscInt first, last, *count;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  d->rows = last - first;
  PetscCall(PetscCalloc1(2 * d->rows + 1, &count));
  for (PetscInt row = first; row < last; row++) {
    PetscInt entries;
    const PetscInt *column;
    PetscCall(MatGetRow(A, row, &entries, &column, NULL));
    for (PetscInt k = 0; k < entries; k++)
      if (column[k] >= first && column[k] < last) count[column[k] - row + d->rows]++;
    PetscCall(MatRestoreRow(A, row, &entries, &column, NULL));
  }
  for (PetscInt o = 0; o <= 2 * d->rows && d->count < SGD_DIAGONALS; o++)
    if ((double)count[o] >= FULL * (double)d->rows && count[o]) d->offset[d->count++] = o - d->rows;
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int FindBand(const SgdDiagonals *d, PetscInt offset) {
  for (int k = 0; k < d->count; k++)
    if (d->offset[k] == offset) return k;
  return -1;
}

/* Entries go to their diagonals, or to the rest. */
static PetscErrorCode Split(Mat A, Banded *b) {
  SgdDiagonals *d = &b->diagonals;
  PetscInt first, last, *row, *column, size;
  PetscCount count = 0;
  PetscScalar *value;
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(A, MAT_LOCAL, &info));
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  PetscCall(MatGetSize(A, &size, NULL));
  PetscCall(PetscMalloc3((size_t)info.nz_used, &row, (size_t)info.nz_used, &column, (size_t)info.nz_used, &value));
  PetscCall(PetscCalloc1((d->rows + SGD_DIAGONALS_CHUNK - 1) / SGD_DIAGONALS_CHUNK * d->count * SGD_DIAGONALS_CHUNK,
                         &d->value));
  for (PetscInt i = first; i < last; i++) {
    PetscInt entries;
    const PetscInt *j;
    const PetscScalar *a;
    PetscCall(MatGetRow(A, i, &entries, &j, &a));
    for (PetscInt e = 0; e < entries; e++) {
      const int k = j[e] >= first && j[e] < last ? FindBand(d, j[e] - i) : -1;
      if (k >= 0)
        *Value(d, i - first, k) = a[e];
      else
        row[count] = i, column[count] = j[e], value[count++] = a[e];
    }
    PetscCall(MatRestoreRow(A, i, &entries, &j, &a));
  }
  PetscCall(MatCreate(PetscObjectComm((PetscObject)A), &b->rest));
  PetscCall(MatSetSizes(b->rest, d->rows, d->rows, size, size));
  PetscCall(MatSetType(b->rest, MATAIJ));
  PetscCall(MatSetPreallocationCOO(b->rest, count, row, column));
  PetscCall(MatSetValuesCOO(b->rest, value, INSERT_VALUES));
  PetscCall(PetscFree3(row, column, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBandedCreate(Mat A, Mat *B) {
  PetscBool assembled;
  Banded *b;
  int none;

  PetscFunctionBegin;
  PetscCall(PetscObjectReference((PetscObject)A));
  *B = A;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)A, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (!assembled) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscNew(&b));
  PetscCall(FindDiagonals(A, &b->diagonals));
  none = b->diagonals.count < 2; /* nothing but the diagonal: any matrix has that */
  PetscCall(SgdAgree(PetscObjectComm((PetscObject)A), &none));
  if (none) {
    PetscCall(PetscFree(b));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Split(A, b));
  PetscCall(MatDestroy(B));
  PetscCall(MatCreateShell(PetscObjectComm((PetscObject)b->rest), b->diagonals.rows, b->diagonals.rows, PETSC_DETERMINE,
                           PETSC_DETERMINE, b, B));
  PetscCall(MatShellSetOperation(*B, MATOP_MULT, (void (*)(void))MatMult_Banded));
  PetscCall(MatShellSetOperation(*B, MATOP_DESTROY, (void (*)(void))MatDestroy_Banded));
  PetscFunctionReturn(PETSC_SUCCESS);
}
