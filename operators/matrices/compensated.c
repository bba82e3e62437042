#include "operators/matrices/compensated.h"
#include "cases/base/sum.h"

#define REFINEMENTS 12

/* A block of rows in compressed form, and what it multiplies. */
typedef struct {
  const PetscInt *i, *j;
  const PetscScalar *a, *x;
} Block;

struct _p_SgdCompensated {
  Mat A, own, other; /* other: the columns of other ranks, NULL on one rank */
  Vec ghosts;
  VecScatter scatter;
};

PetscErrorCode SgdCompensatedCreate(Mat A, SgdCompensated *compensated) {
  SgdCompensated c;
  PetscBool sequential;
  const PetscInt *columns;
  PetscInt count;
  Vec x;
  IS is;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *compensated = c;
  c->A = c->own = A;
  PetscCall(PetscObjectTypeCompare((PetscObject)A, MATSEQAIJ, &sequential));
  if (sequential) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatMPIAIJGetSeqAIJ(A, &c->own, &c->other, &columns));
  PetscCall(MatGetSize(c->other, NULL, &count));
  PetscCall(ISCreateGeneral(PETSC_COMM_SELF, count, columns, PETSC_USE_POINTER, &is));
  PetscCall(VecCreateSeq(PETSC_COMM_SELF, count, &c->ghosts));
  PetscCall(MatCreateVecs(A, &x, NULL));
  PetscCall(VecScatterCreate(x, is, c->ghosts, NULL, &c->scatter));
  PetscCall(VecDestroy(&x));
  PetscCall(ISDestroy(&is));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompensatedDestroy(SgdCompensated *c) {
  PetscFunctionBegin;
  if (!*c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecDestroy(&(*c)->ghosts));
  PetscCall(VecScatterDestroy(&(*c)->scatter));
  PetscCall(PetscFree(*c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void AddRow(const Block *b, PetscInt row, double sign, SgdSum *sum) {
  for (PetscInt k = b->i[row]; k < b->i[row + 1]; k++) {
    const double a = sign * b->a[k], x = b->x[b->j[k]], product = a * x;
    SgdSumAdd(sum, product);
    sum->lost += fma(a, x, -product);
  }
}

static PetscErrorCode OpenBlock(Mat A, Vec x, Block *b) {
  PetscInt n;
  PetscBool done;

  PetscFunctionBegin;
  PetscCall(MatGetRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &n, &b->i, &b->j, &done));
  PetscCall(MatSeqAIJGetArrayRead(A, &b->a));
  PetscCall(VecGetArrayRead(x, &b->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CloseBlock(Mat A, Vec x, Block *b) {
  PetscInt n;
  PetscBool done;

  PetscFunctionBegin;
  PetscCall(VecRestoreArrayRead(x, &b->x));
  PetscCall(MatSeqAIJRestoreArrayRead(A, &b->a));
  PetscCall(MatRestoreRowIJ(A, 0, PETSC_FALSE, PETSC_FALSE, &n, &b->i, &b->j, &done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompensatedResidual(SgdCompensated c, Vec b, double sign, Vec x, Vec r) {
  Block own, other = {0};
  PetscScalar *to;
  PetscInt rows;

  PetscFunctionBegin;
  if (!b)
    PetscCall(VecSet(r, 0));
  else if (b != r)
    PetscCall(VecCopy(b, r));
  if (c->other) {
    PetscCall(VecScatterBegin(c->scatter, x, c->ghosts, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(c->scatter, x, c->ghosts, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(OpenBlock(c->other, c->ghosts, &other));
  }
  PetscCall(OpenBlock(c->own, x, &own));
  PetscCall(VecGetLocalSize(r, &rows));
  PetscCall(VecGetArray(r, &to));
  for (PetscInt row = 0; row < rows; row++) {
    SgdSum sum = {to[row], 0};
    AddRow(&own, row, sign, &sum);
    if (c->other) AddRow(&other, row, sign, &sum);
    to[row] = sum.value + sum.lost;
  }
  PetscCall(VecRestoreArray(r, &to));
  PetscCall(CloseBlock(c->own, x, &own));
  if (c->other) PetscCall(CloseBlock(c->other, c->ghosts, &other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompensatedSolve(SgdCompensated c, KSP ksp, PetscBool transpose, Vec b, Vec x, Vec r, Vec d) {
  PetscReal right, size = 0, rest, correction = 0, before = PETSC_MAX_REAL; /* corrections */

  PetscFunctionBegin;
  PetscCall(VecNorm(b, NORM_2, &right));
  PetscCall(transpose ? KSPSolveTranspose(ksp, b, x) : KSPSolve(ksp, b, x));
  for (int k = 0; k < REFINEMENTS; k++) {
    PetscCall(SgdCompensatedResidual(c, b, -1, x, r));
    PetscCall(VecNorm(r, NORM_2, &rest));
    if (rest <= 1e-16 * right) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(transpose ? KSPSolveTranspose(ksp, r, d) : KSPSolve(ksp, r, d));
    PetscCall(VecAXPY(x, 1, d));
    PetscCall(VecNorm(x, NORM_2, &size));
    PetscCall(VecNorm(d, NORM_2, &correction));
    /* the next one is to this one as this one to the last, or to x */
    if (!(correction * (correction / PetscMin(before, size)) > 1e-16 * size)) PetscFunctionReturn(PETSC_SUCCESS);
    if (correction > 0.5 * before) break;
    before = correction;
  }
  if (correction < 1e-13 * size) PetscFunctionReturn(PETSC_SUCCESS); /* as far as rounding lets it */
  return SgdFail(PetscObjectComm((PetscObject)ksp), SGD_EXIT_NUMBERS,
                 "a step's linear system cannot be solved to rounding: corrections stay at %.1e of the solution; the "
                 "cells are too fine for its condition: take fewer (slice.cells)",
                 correction / size);
}
