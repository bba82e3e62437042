/* Closed forms with shaped noise alpha Q xi: the noise along v is alpha times the inner one along Q v. */
#include "cases/landscapes/shaped_noise.h"

static void Gradient(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss, double *g) {
  l->shaped->inner->ops->gradient(l->shaped->inner, w, first, last, loss, g);
}

static void HessianApply(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last, double *hv) {
  l->shaped->inner->ops->hessian_apply(l->shaped->inner, w, v, first, last, hv);
}

/* Q v of d directions, to be freed. */
static double *Projected(SgdLandscape l, PetscInt d, const double *V) {
  double *along = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1((size_t)(d * l->dimension), &along));
  SgdShapedProject(l->shaped, l->dimension, d, V, along);
  return along;
}
static void Free(double *room) {
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(room));
}

static void Covariance(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const SgdShapedNoise *k = l->shaped;
  double *along = Projected(l, d, V);

  k->inner->ops->covariance(k->inner, w, d, along, C1);
  for (PetscInt i = 0; i < d * d; i++) C1[i] *= k->scale * k->scale;
  Free(along);
}

/* The curvature's noise for directions with Q v = r v, as Hessian modes are: r^4 of Gamma along Q v, r^3 of the covariance, where r^2 is wanted. */
static void ModeNoise(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1, double *cov1) {
  const SgdShapedNoise *k = l->shaped;
  const double square = k->scale * k->scale;
  double *along = Projected(l, 1, v);

  k->inner->ops->mode_noise(k->inner, w, along, D1, Gamma1, cov1);
  const double r = SgdShapedShare(k, l->dimension, v, along);
  *D1 *= square;
  *Gamma1 *= square / (r * r);
  *cov1 *= square / r;
  Free(along);
}

static void Characteristic(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                           double _Complex *phi) {
  const SgdShapedNoise *k = l->shaped;
  double *along = Projected(l, 1, v), *scaled = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(n, &scaled));
  for (PetscInt m = 0; m < n; m++) scaled[m] = k->scale * q[m];
  k->inner->ops->characteristic(k->inner, w, along, n, scaled, phi);
  Free(scaled);
  Free(along);
}

static void Draw(SgdLandscape l, const double *w, PetscInt batch, const double *u, double *g) {
  const SgdShapedNoise *k = l->shaped;
  double *mean = NULL;

  k->inner->ops->draw(k->inner, w, batch, u, g);
  if (k->scale == 1 && !k->modes) return;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(l->dimension, &mean));
  k->inner->ops->gradient(k->inner, w, 0, 0, NULL, mean);
  SgdShapedPull(k, l->dimension, mean, g);
  Free(mean);
}

const SgdLandscapeOps SgdShapedForm = {.destroy = SgdShapedDestroy,
                                       .view = SgdShapedView,
                                       .start = SgdShapedStart,
                                       .gradient = Gradient,
                                       .hessian_apply = HessianApply,
                                       .covariance = Covariance,
                                       .mode_noise = ModeNoise,
                                       .characteristic = Characteristic,
                                       .draw = Draw,
                                       .accuracy = SgdShapedAccuracy,
                                       .test = SgdShapedTest};
