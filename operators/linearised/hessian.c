#include "operators/linearised/hessian.h"
#include "operators/matrices/shell.h"

typedef struct {
  SgdLandscape landscape;
  double *w;
} Hessian;

static PetscErrorCode MatMult_Hessian(Mat H, Vec x, Vec y) {
  Hessian *h;
  const PetscScalar *v;
  PetscScalar *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &h));
  PetscCall(VecGetArrayRead(x, &v));
  PetscCall(VecGetArrayWrite(y, &hv));
  PetscCall(SgdLandscapeHessianApply(h->landscape, h->w, v, hv));
  PetscCall(VecRestoreArrayWrite(y, &hv));
  PetscCall(VecRestoreArrayRead(x, &v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Hessian(void *given) {
  Hessian *h = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(PetscFree(h->w));
  PetscCall(PetscFree(h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHessianCreate(SgdLandscape l, const double *w, Mat *H) {
  const PetscInt P = SgdLandscapeDimension(l);
  Hessian *h;

  PetscFunctionBegin;
  PetscCall(PetscNew(&h));
  h->landscape = l;
  PetscCall(PetscMalloc1(P, &h->w));
  PetscCall(PetscArraycpy(h->w, w, P));
  PetscCall(MatCreateShell(PETSC_COMM_SELF, P, P, P, P, h, H));
  PetscCall(MatSetOption(*H, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))MatMult_Hessian));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMult_Hessian));
  PetscCall(MatShellSetContextDestroy(*H, MatDestroy_Hessian)); /* counted: SLEPc's filter duplicates the shell */
  PetscFunctionReturn(PETSC_SUCCESS);
}
