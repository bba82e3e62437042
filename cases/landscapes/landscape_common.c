/* Terms that are added to the loss of any family, the same for every sample: weight decay and tilt. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"

void SgdLandscapeSetDecay(SgdLandscape l, double mu) {
  l->decay = mu;
}

PetscErrorCode SgdLandscapeSetTilt(SgdLandscape l, const double *t, const double *w0) {
  const PetscInt P = l->dimension;

  PetscFunctionBegin;
  if (!t) {
    PetscCall(PetscFree(l->tilt));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (!l->tilt) PetscCall(PetscMalloc1(2 * (size_t)P, &l->tilt));
  PetscCall(PetscArraycpy(l->tilt, t, P));
  PetscCall(PetscArraycpy(l->tilt + P, w0, P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdLandscapeAddCommon(SgdLandscape l, const double *w, double *loss, double *g) {
  const PetscInt P = l->dimension;

  for (PetscInt i = 0; i < P && l->decay != 0; i++) {
    if (loss) *loss += 0.5 * l->decay * w[i] * w[i];
    if (g) g[i] += l->decay * w[i];
  }
  for (PetscInt i = 0; i < P && l->tilt; i++) {
    if (loss) *loss -= l->tilt[i] * (w[i] - l->tilt[P + i]);
    if (g) g[i] -= l->tilt[i];
  }
}

void SgdLandscapeAddCommonAlong(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                                double *g) {
  const PetscInt P = l->dimension;

  for (PetscInt j = 0; j < d; j++) {
    double more = l->decay == 0 ? 0 : l->decay * cblas_ddot((int)P, V + j * P, 1, w, 1);
    if (l->tilt) more -= cblas_ddot((int)P, V + j * P, 1, l->tilt, 1);
    for (PetscInt i = 0; i < count; i++) g[i * d + j] += more;
  }
}

void SgdLandscapeProjectCovariance(int P, const double *C, PetscInt d, const double *V, double *C1) {
  for (PetscInt a = 0; a < d; a++)
    for (PetscInt b = 0; b < d; b++) {
      C1[a * d + b] = 0;
      for (int i = 0; i < P; i++)
        for (int j = 0; j < P; j++) C1[a * d + b] += V[a * P + i] * C[i * P + j] * V[b * P + j];
    }
}
