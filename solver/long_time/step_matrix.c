#include "solver/long_time/step_matrix.h"
#include <slepcfn.h>

static PetscErrorCode Function(FNType type, PetscInt n, const double *in, double *out, PetscBool *failed) {
  PetscErrorCode ierr;
  Mat A, F;
  FN fn;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(out, in, n * n));
  PetscCall(MatCreateSeqDense(PETSC_COMM_SELF, n, n, out, &A));
  PetscCall(MatDuplicate(A, MAT_DO_NOT_COPY_VALUES, &F));
  PetscCall(FNCreate(PETSC_COMM_SELF, &fn));
  PetscCall(FNSetType(fn, type));
  PetscCall(PetscPushErrorHandler(PetscReturnErrorHandler, NULL));
  ierr = FNEvaluateFunctionMat(fn, A, F);
  PetscCall(PetscPopErrorHandler());
  *failed = (PetscBool)(ierr != PETSC_SUCCESS);
  if (!*failed) PetscCall(MatCopy(F, A, SAME_NONZERO_PATTERN));
  PetscCall(FNDestroy(&fn));
  PetscCall(MatDestroy(&F));
  PetscCall(MatDestroy(&A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDenseExponential(PetscInt n, const double *in, double *out, PetscBool *failed) {
  return Function(FNEXP, n, in, out, failed);
}

PetscErrorCode SgdDenseLogarithm(PetscInt n, const double *in, double *out, PetscBool *failed) {
  return Function(FNLOG, n, in, out, failed);
}

/* Columns by unit vectors. */
static PetscErrorCode Columns(Mat A, SgdStepMatrix *m) {
  const PetscScalar *array;
  VecScatter scatter;
  Vec x, y, all;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(A, &x, &y));
  PetscCall(VecScatterCreateToAll(y, &scatter, &all));
  for (PetscInt j = 0; j < m->n; j++) {
    PetscCall(VecZeroEntries(x));
    PetscCall(VecSetValue(x, j, 1, INSERT_VALUES));
    PetscCall(VecAssemblyBegin(x));
    PetscCall(VecAssemblyEnd(x));
    PetscCall(MatMult(A, x, y));
    PetscCall(VecScatterBegin(scatter, y, all, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecScatterEnd(scatter, y, all, INSERT_VALUES, SCATTER_FORWARD));
    PetscCall(VecGetArrayRead(all, &array));
    PetscCall(PetscArraycpy(m->a + j * m->n, array, m->n));
    PetscCall(VecRestoreArrayRead(all, &array));
  }
  PetscCall(VecScatterDestroy(&scatter));
  for (Vec *v[] = {&x, &y, &all}, **p = v; p < v + 3; p++) PetscCall(VecDestroy(*p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMatrixCreate(SgdModel model, SgdGrid grid, double learning_rate, SgdStepMatrix *m) {
  Mat A = SgdModelOperator(model);
  PetscBool failed = PETSC_FALSE;

  PetscFunctionBegin;
  *m = (SgdStepMatrix){.cells = grid->cells};
  PetscCall(MatGetSize(A, &m->n, NULL));
  PetscCall(PetscMalloc1(m->n * m->n, &m->a));
  PetscCall(Columns(A, m));
  if (SgdModelGetKind(model) != SGD_GENERATOR) PetscFunctionReturn(PETSC_SUCCESS);
  for (PetscInt i = 0; i < m->n * m->n; i++) m->a[i] *= learning_rate;
  PetscCall(SgdDenseExponential(m->n, m->a, m->a, &failed));
  PetscCheck(!failed, grid->comm, PETSC_ERR_CONV_FAILED, "The exponential of model %s did not succeed",
             SgdModelName(model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStepMatrixFree(SgdStepMatrix *m) {
  PetscFunctionBegin;
  PetscCall(PetscFree(m->a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
