/* What one rank computes at one point by itself: projected gradient and noise. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/base/blas.h"
#include <math.h>

/* g = V grad, outside = |grad - V^T g| for orthonormal rows of V */
static void Project(PetscInt P, PetscInt d, const double *V, double *grad, double *g, double *outside) {
  for (PetscInt j = 0; j < d; j++) g[j] = cblas_ddot((int)P, V + j * P, 1, grad, 1);
  if (!outside) return;
  for (PetscInt j = 0; j < d; j++) cblas_daxpy((int)P, -g[j], V + j * P, 1, grad, 1);
  *outside = cblas_dnrm2((int)P, grad, 1);
}

/* mean [d] and covariance [d][d] (of one draw: divided by N) of gi [N][d]; gi is centred on the way */
static void GradientMoments(PetscInt N, PetscInt d, double *gi, double *mean, double *C) {
  for (PetscInt j = 0; j < d; j++) {
    double sum = 0.0;
    for (PetscInt i = 0; i < N; i++) sum += gi[i * d + j];
    mean[j] = sum / (double)N;
    for (PetscInt i = 0; i < N; i++) gi[i * d + j] -= mean[j];
  }
  for (PetscInt j = 0; j < d; j++)
    for (PetscInt k = j; k < d; k++) {
      double sum = 0.0;
      for (PetscInt i = 0; i < N; i++) sum += gi[i * d + j] * gi[i * d + k];
      C[j * d + k] = C[k * d + j] = sum / (double)N;
    }
}

static PetscErrorCode SamplePoint(SgdLandscape l, const double *w, PetscInt d, const double *V, double *loss, double *g,
                                  double *C1) {
  const PetscInt N = l->samples;
  double *gi, *each, sum = 0.0;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(N * d, &gi, N, &each));
  l->ops->sample_directional(l, w, d, V, 0, N, each, gi, NULL);
  for (PetscInt i = 0; i < N; i++) sum += each[i];
  if (loss) *loss = sum / (double)N;
  GradientMoments(N, d, gi, g, C1);
  PetscCall(PetscFree2(gi, each));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapePoint(SgdLandscape l, const double *w, PetscInt d, const double *V, double *loss, double *g,
                                 double *C1, double *outside) {
  const PetscInt P = l->dimension;
  double *grad;

  PetscFunctionBegin;
  if (l->scatter) {
    PetscCall(SgdLandscapeScatteredPoint(l, w, d, V, loss, g, C1, outside));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (l->samples) PetscCall(SamplePoint(l, w, d, V, loss, g, C1));
  if (l->samples && !outside) {
    SgdLandscapeAddCommon(l, w, loss, NULL);
    SgdLandscapeAddCommonAlong(l, w, d, V, 1, g);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc1(P, &grad));
  l->ops->gradient(l, w, 0, l->samples, l->samples ? NULL : loss, grad);
  if (l->samples) cblas_dscal((int)P, 1.0 / (double)l->samples, grad, 1);
  SgdLandscapeAddCommon(l, w, loss, grad);
  Project(P, d, V, grad, g, outside);
  if (!l->samples) l->ops->covariance(l, w, d, V, C1);
  PetscCall(PetscFree(grad));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeSampleGradients(SgdLandscape l, const double *w, PetscInt d, const double *V, double *gi) {
  PetscFunctionBegin;
  PetscCheck(l->samples, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  l->ops->sample_directional(l, w, d, V, 0, l->samples, NULL, gi, NULL);
  SgdLandscapeAddCommonAlong(l, w, d, V, l->samples, gi);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeSampleValues(SgdLandscape l, const double *w, const double *v, double *loss, double *g) {
  double common = 0;

  PetscFunctionBegin;
  PetscCheck(l->samples, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  l->ops->sample_directional(l, w, 1, v, 0, l->samples, loss, g, NULL);
  SgdLandscapeAddCommonAlong(l, w, 1, v, l->samples, g);
  SgdLandscapeAddCommon(l, w, &common, NULL);
  for (PetscInt i = 0; i < l->samples; i++) loss[i] += common;
  PetscFunctionReturn(PETSC_SUCCESS);
}

const int *SgdLandscapeLabels(SgdLandscape l) {
  return l->ops->labels ? l->ops->labels(l) : NULL;
}

void SgdLandscapeSome(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                      const PetscInt *index, double *loss, double *g) {
  if (l->ops->some_directional) {
    l->ops->some_directional(l, w, d, V, count, index, loss, g);
    return;
  }
  for (PetscInt i = 0; i < count; i++)
    l->ops->sample_directional(l, w, d, V, index[i], index[i] + 1, loss ? loss + i : NULL, g + i * d, NULL);
}

PetscErrorCode SgdLandscapeSomeGradients(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                                         const PetscInt *index, double *gi) {
  PetscFunctionBegin;
  PetscCheck(l->samples, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  SgdLandscapeSome(l, w, d, V, count, index, NULL, gi);
  SgdLandscapeAddCommonAlong(l, w, d, V, count, gi);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeModeNoise(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1,
                                     double *cov1) {
  const PetscInt N = l->samples;
  double *g, *c, *pair, mean[2], C[4];

  PetscFunctionBegin;
  if (!N) {
    l->ops->mode_noise(l, w, v, D1, Gamma1, cov1);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc3(N, &g, N, &c, 2 * N, &pair));
  l->ops->sample_directional(l, w, 1, v, 0, N, NULL, g, c);
  for (PetscInt i = 0; i < N; i++) pair[2 * i] = g[i], pair[2 * i + 1] = c[i];
  GradientMoments(N, 2, pair, mean, C);
  *D1 = C[0];
  *cov1 = C[1];
  *Gamma1 = C[3];
  PetscCall(PetscFree3(g, c, pair));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* phi(q) = exp(-q^2 C1/2) unless the family has its own */
PetscErrorCode SgdLandscapeCharacteristic(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                                          double _Complex *phi, PetscBool *exact) {
  double g, C1;

  PetscFunctionBegin;
  *exact = (PetscBool) !!l->ops->characteristic;
  if (*exact) {
    l->ops->characteristic(l, w, v, n, q, phi);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdLandscapePoint(l, w, 1, v, NULL, &g, &C1, NULL));
  for (PetscInt m = 0; m < n; m++) phi[m] = exp(-0.5 * q[m] * q[m] * C1);
  PetscFunctionReturn(PETSC_SUCCESS);
}
