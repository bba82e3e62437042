/* Batches and single samples of a landscape on data, whatever the family offers for them. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"

PetscErrorCode SgdLandscapeWholeGradients(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *g) {
  const PetscInt P = l->dimension;

  PetscFunctionBegin;
  PetscCheck(l->samples, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  if (l->ops->sample_gradients)
    l->ops->sample_gradients(l, w, first, last, g);
  else
    for (PetscInt i = first; i < last; i++) l->ops->gradient(l, w, i, i + 1, NULL, g + (size_t)(i - first) * (size_t)P);
  for (PetscInt i = 0; i < last - first; i++) SgdLandscapeAddCommon(l, w, NULL, g + (size_t)i * (size_t)P);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* (1/B) sum_{i in batch} H_i v, one sample at a time */
static PetscErrorCode OneByOne(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, const double *v,
                               double *hv) {
  const PetscInt P = l->dimension;
  double *part;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &part));
  PetscCall(PetscArrayzero(hv, P));
  for (PetscInt i = 0; i < batch; i++) {
    l->ops->hessian_apply(l, w, v, index[i], index[i] + 1, part);
    cblas_daxpy((int)P, 1.0 / (double)batch, part, 1, hv, 1);
  }
  PetscCall(PetscFree(part));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeBatchHessianApply(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                             const double *v, double *hv) {
  PetscFunctionBegin;
  PetscCheck(l->samples, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  if (l->ops->batch_hessian_apply)
    l->ops->batch_hessian_apply(l, w, batch, index, v, hv);
  else
    PetscCall(OneByOne(l, w, batch, index, v, hv));
  if (l->decay != 0) cblas_daxpy((int)l->dimension, l->decay, v, 1, hv, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}
