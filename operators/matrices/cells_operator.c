#include "operators/matrices/cells_operator.h"
#include "operators/matrices/shell.h"

typedef struct {
  Mat A;
  Vec x, y; /* state vectors */
  PetscInt cells, products;
} Cells;

static PetscErrorCode MatApply_CellsOperator(Mat B, Vec in, Vec out, PetscErrorCode (*mult)(Mat, Vec, Vec)) {
  Cells *c;
  const double *from;
  double *to;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(B, &c));
  PetscCall(VecSet(c->x, 0));
  PetscCall(VecGetArrayRead(in, &from));
  PetscCall(VecGetArray(c->x, &to));
  PetscCall(PetscArraycpy(to, from, c->cells));
  PetscCall(VecRestoreArray(c->x, &to));
  PetscCall(VecRestoreArrayRead(in, &from));
  PetscCall(mult(c->A, c->x, c->y));
  c->products++;
  PetscCall(VecGetArrayRead(c->y, &from));
  PetscCall(VecGetArrayWrite(out, &to));
  PetscCall(PetscArraycpy(to, from, c->cells));
  PetscCall(VecRestoreArrayWrite(out, &to));
  PetscCall(VecRestoreArrayRead(c->y, &from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_CellsOperator(Mat B, Vec in, Vec out) {
  return MatApply_CellsOperator(B, in, out, MatMult);
}

static PetscErrorCode MatMultTranspose_CellsOperator(Mat B, Vec in, Vec out) {
  return MatApply_CellsOperator(B, in, out, MatMultTranspose);
}

/* Once, when the last duplicate of the matrix is gone: a shift makes one. */
static PetscErrorCode MatDestroy_CellsOperator(void *given) {
  Cells *c = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(MatDestroy(&c->A));
  PetscCall(VecDestroy(&c->x));
  PetscCall(VecDestroy(&c->y));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsShell(SgdGrid grid, Mat A, PetscBool transpose, Mat *B) {
  Cells *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  PetscCall(PetscObjectReference((PetscObject)A));
  c->A = A;
  c->cells = grid->last_cell - grid->first_cell;
  PetscCall(SgdGridCreateState(grid, &c->x));
  PetscCall(VecDuplicate(c->x, &c->y));
  PetscCall(MatCreateShell(grid->comm, c->cells, c->cells, PETSC_DETERMINE, PETSC_DETERMINE, c, B));
  PetscCall(MatShellSetContextDestroy(*B, MatDestroy_CellsOperator));
  PetscCall(MatShellSetOperation(*B, MATOP_MULT,
                                 (void (*)(void))(transpose ? MatMultTranspose_CellsOperator : MatMult_CellsOperator)));
  PetscCall(MatShellSetOperation(*B, MATOP_MULT_TRANSPOSE,
                                 (void (*)(void))(transpose ? MatMult_CellsOperator : MatMultTranspose_CellsOperator)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsProducts(Mat shell, PetscInt *products) {
  Cells *c;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(shell, &c));
  *products = c->products;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsOperator(SgdGrid grid, Mat A, Mat *B) {
  PetscBool assembled;
  IS cells;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompareAny((PetscObject)A, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (!assembled) {
    PetscCall(SgdCellsShell(grid, A, PETSC_FALSE, B));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ISCreateStride(grid->comm, grid->last_cell - grid->first_cell, grid->first_cell, 1, &cells));
  PetscCall(MatCreateSubMatrix(A, cells, cells, MAT_INITIAL_MATRIX, B));
  PetscCall(ISDestroy(&cells));
  PetscFunctionReturn(PETSC_SUCCESS);
}
