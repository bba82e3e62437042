#include "operators/linearised/hessian.h"
#include "operators/linearised/shares.h"
#include "operators/matrices/shell.h"

typedef struct {
  SgdLandscape landscape;
  const double *w;
  double *v, *hv; /* [P] each */
  SgdShares shares;
} Distributed;

/* y = H x: gather x, this rank's samples, sum and scatter */
static PetscErrorCode MatMult_Distributed(Mat H, Vec x, Vec y) {
  Distributed *h;
  const PetscScalar *v;
  PetscScalar *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &h));
  PetscCall(VecGetArrayRead(x, &v));
  PetscCall(SgdSharesGather(h->shares, v, h->v));
  PetscCall(VecRestoreArrayRead(x, &v));
  PetscCall(SgdLandscapeHessianPart(h->landscape, h->w, h->v, h->hv));
  PetscCall(VecGetArrayWrite(y, &hv));
  PetscCall(SgdSharesScatterSum(h->shares, h->hv, hv));
  PetscCall(VecRestoreArrayWrite(y, &hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_Distributed(void *given) {
  Distributed *h = SgdShellContext(given);

  PetscFunctionBegin;
  PetscCall(PetscFree2(h->v, h->hv));
  PetscCall(SgdSharesDestroy(&h->shares));
  PetscCall(PetscFree(h));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHessianCreateDistributed(SgdLandscape l, const double *w, Mat *H) {
  const MPI_Comm comm = SgdLandscapeComm(l);
  const PetscInt P = SgdLandscapeDimension(l);
  Distributed *h;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscNew(&h));
  h->landscape = l;
  h->w = w;
  PetscCall(PetscMalloc2(P, &h->v, P, &h->hv));
  PetscCall(SgdSharesCreate(comm, P, &h->shares));
  local = h->shares->local;
  PetscCall(MatCreateShell(comm, local, local, P, P, h, H));
  PetscCall(MatSetOption(*H, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))MatMult_Distributed));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMult_Distributed));
  PetscCall(MatShellSetContextDestroy(*H, MatDestroy_Distributed));
  PetscFunctionReturn(PETSC_SUCCESS);
}
