#include "operators/matrices/uniformised.h"

PetscErrorCode SgdUniformRate(Mat L, double *Lambda) {
  Vec diagonal;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(L, NULL, &diagonal));
  PetscCall(MatGetDiagonal(L, diagonal));
  PetscCall(VecMin(diagonal, NULL, Lambda));
  PetscCall(VecDestroy(&diagonal));
  *Lambda *= -1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every stored entry of a sequential block to a multiple of 2^-52. */
static PetscErrorCode RoundBlock(Mat block) {
  PetscScalar *value;
  MatInfo info;

  PetscFunctionBegin;
  PetscCall(MatGetInfo(block, MAT_LOCAL, &info));
  PetscCall(MatSeqAIJGetArray(block, &value));
  for (PetscInt k = 0; k < (PetscInt)info.nz_used; k++) value[k] = rint(value[k] * 0x1p52) * 0x1p-52;
  PetscCall(MatSeqAIJRestoreArray(block, &value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode RoundEntries(Mat P) {
  PetscBool sequential;
  Mat own = P, other = NULL;

  PetscFunctionBegin;
  PetscCall(PetscObjectTypeCompare((PetscObject)P, MATSEQAIJ, &sequential));
  if (!sequential) PetscCall(MatMPIAIJGetSeqAIJ(P, &own, &other, NULL));
  PetscCall(RoundBlock(own));
  if (other) PetscCall(RoundBlock(other));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdUniformised(Mat L, double *Lambda, Mat *P) {
  PetscBool assembled;
  Vec one, column;

  PetscFunctionBegin;
  PetscCall(SgdUniformRate(L, Lambda));
  PetscCall(MatDuplicate(L, MAT_COPY_VALUES, P));
  if (*Lambda > 0) PetscCall(MatScale(*P, 1 / *Lambda));
  PetscCall(PetscObjectTypeCompareAny((PetscObject)L, &assembled, MATSEQAIJ, MATMPIAIJ, ""));
  if (!assembled) { /* a shell: no entries to round */
    PetscCall(MatShift(*P, 1));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(MatCreateVecs(*P, &one, &column));
  PetscCall(VecSet(one, 0));
  PetscCall(MatDiagonalSet(*P, one, INSERT_VALUES));
  PetscCall(RoundEntries(*P));
  PetscCall(VecSet(one, 1));
  PetscCall(MatMultTranspose(*P, one, column)); /* sums of multiples of 2^-52 below 1: exact in any order */
  PetscCall(VecAYPX(column, -1, one));
  PetscCall(MatDiagonalSet(*P, column, INSERT_VALUES));
  PetscCall(VecDestroy(&one));
  PetscCall(VecDestroy(&column));
  PetscFunctionReturn(PETSC_SUCCESS);
}
