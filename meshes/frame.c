#include "meshes/frame.h"

PetscErrorCode SgdFrameCreate(int dim, PetscInt P, const double *origin, SgdFrame *frame) {
  SgdFrame f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  f->dim = dim;
  f->P = P;
  PetscCall(PetscMalloc2(P, &f->origin, dim * P, &f->V));
  PetscCall(PetscArraycpy(f->origin, origin, P));
  PetscCall(PetscArrayzero(f->V, dim * P));
  *frame = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFrameDestroy(SgdFrame *frame) {
  PetscFunctionBegin;
  if (!*frame) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*frame)->origin, (*frame)->V));
  PetscCall(PetscFree(*frame));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdFramePoint(SgdFrame frame, const double a[], double *w) {
  for (PetscInt i = 0; i < frame->P; i++) {
    double sum = frame->origin[i];
    for (int k = 0; k < frame->dim; k++) sum += a[k] * frame->V[k * frame->P + i];
    w[i] = sum;
  }
}
