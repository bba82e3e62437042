#include "operators/matrices/banded.h"

#define MOST  32   /* diagonals at most */
#define FULL  0.5  /* a diagonal pays where it holds this share of the rows: 8 bytes a row against 12 an entry */
#define CHUNK 1024 /* rows whose sums stay in the first cache */

typedef struct {
  PetscInt rows; /* of this rank */
  int diagonals;
  PetscInt offset[MOST]; /* column - row, ascending */
  double *value;         /* [chunks][diagonals][CHUNK]: in the order in which a product reads them */
  Mat rest;
} Banded;

static double *Value(const Banded *b, PetscInt row, int k) {
  return b->value + ((row / CHUNK) * b->diagonals + k) * CHUNK + row % CHUNK;
}

/* y_i = sum_k a_{i, i + offset_k} x_{i + offset_k} for rows i in [first, end), a chunk */
static void Chunk(const Banded *b, PetscInt first, PetscInt end, const double *restrict x, double *restrict y) {
  for (PetscInt i = 0; i < end - first; i++) y[i] = 0;
  for (int k = 0; k < b->diagonals; k++) {
    const PetscInt shift = b->offset[k], low = PetscMax(first, -shift), high = PetscMin(end, b->rows - shift);
    const double *restrict a = Value(b, first, k);
    for (PetscInt i = low - first; i < high - first; i++) y[i] += a[i] * x[first + i + shift];
  }
}

static void Recur(const Banded *b, const double *restrict x, double *restrict y, double c, double *restrict sum) {
  double product[CHUNK];

  for (PetscInt first = 0; first < b->rows; first += CHUNK) {
    const PetscInt end = PetscMin(b->rows, first + CHUNK);
    Chunk(b, first, end, x, product);
    for (PetscInt i = first; i < end; i++) {
      y[i] = product[i - first] - y[i];
      sum[i] += c * x[i];
    }
  }
}

static PetscErrorCode MatMult_Banded(Mat B, Vec x, Vec y) {
  Banded *b;
  const double *in;
  double *out;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(B, &b));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCall(VecGetArrayWrite(y, &out));
  for (PetscInt first = 0; first < b->rows; first += CHUNK)
    Chunk(b, first, PetscMin(b->rows, first + CHUNK), in, out + first);
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
  Recur(b, in, out, c, series);
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
  PetscCall(PetscFree(b->value));
  PetscCall(MatDestroy(&b->rest));
  PetscCall(PetscFree(b));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The offsets within this rank's square block that are full enough. */
static PetscErrorCode FindDiagonals(Mat A, Banded *b) {
  PetscInt first, last, *count;

  PetscFunctionBegin;
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  b->rows = last - first;
  PetscCall(PetscCalloc1(2 * b->rows + 1, &count));
  for (PetscInt row = first; row < last; row++) {
    PetscInt entries;
    const PetscInt *column;
    PetscCall(MatGetRow(A, row, &entries, &column, NULL));
    for (PetscInt k = 0; k < entries; k++)
      if (column[k] >= first && column[k] < last) count[column[k] - row + b->rows]++;
    PetscCall(MatRestoreRow(A, row, &entries, &column, NULL));
  }
  for (PetscInt o = 0; o <= 2 * b->rows && b->diagonals < MOST; o++)
    if ((double)count[o] >= FULL * (double)b->rows && count[o]) b->offset[b->diagonals++] = o - b->rows;
  PetscCall(PetscFree(count));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int FindBand(const Banded *b, PetscInt offset) {
  for (int k = 0; k < b->diagonals; k++)
    if (b->offset[k] == offset) return k;
  return -1;
}

/* Entries go to their diagonals, or to the rest. */
static PetscErrorCode Split(Mat A, Banded *b) {
  PetscInt first, last, *row, *column, size;
  PetscCount count = 0;
  PetscScalar *value;
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(A, MAT_LOCAL, &info));
  PetscCall(MatGetOwnershipRange(A, &first, &last));
  PetscCall(MatGetSize(A, &size, NULL));
  PetscCall(PetscMalloc3((size_t)info.nz_used, &row, (size_t)info.nz_used, &column, (size_t)info.nz_used, &value));
  PetscCall(PetscCalloc1((b->rows + CHUNK - 1) / CHUNK * b->diagonals * CHUNK, &b->value));
  for (PetscInt i = first; i < last; i++) {
    PetscInt entries;
    const PetscInt *j;
    const PetscScalar *a;
    PetscCall(MatGetRow(A, i, &entries, &j, &a));
    for (PetscInt e = 0; e < entries; e++) {
      const int k = j[e] >= first && j[e] < last ? FindBand(b, j[e] - i) : -1;
      if (k >= 0)
        *Value(b, i - first, k) = a[e];
      else
        row[count] = i, column[count] = j[e], value[count++] = a[e];
    }
    PetscCall(MatRestoreRow(A, i, &entries, &j, &a));
  }
  PetscCall(MatCreate(PetscObjectComm((PetscObject)A), &b->rest));
  PetscCall(MatSetSizes(b->rest, b->rows, b->rows, size, size));
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
  PetscCall(FindDiagonals(A, b));
  none = b->diagonals < 2; /* nothing but the diagonal: any matrix has that */
  PetscCall(SgdAgree(PetscObjectComm((PetscObject)A), &none));
  if (none) {
    PetscCall(PetscFree(b));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Split(A, b));
  PetscCall(MatDestroy(B));
  PetscCall(
      MatCreateShell(PetscObjectComm((PetscObject)b->rest), b->rows, b->rows, PETSC_DETERMINE, PETSC_DETERMINE, b, B));
  PetscCall(MatShellSetOperation(*B, MATOP_MULT, (void (*)(void))MatMult_Banded));
  PetscCall(MatShellSetOperation(*B, MATOP_DESTROY, (void (*)(void))MatDestroy_Banded));
  PetscFunctionReturn(PETSC_SUCCESS);
}
