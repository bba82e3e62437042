/* Samples whose gradients are pulled to their mean, grad l_i -> g + alpha Q (grad l_i - g): batches of them have the shaped noise whatever
   their law, so everything that is made of samples follows. Sums over samples (gradient, hessian_apply) are the plain ones, for over all
   samples they are the same, and nobody asks for less of them than their sum (the rest has operations of its own here). */
#include "cases/landscapes/shaped_noise.h"
#include "cases/base/blas.h"

static double *Room(size_t n) {
  double *room = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(n, &room));
  return room;
}
static void Free(double *room) {
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(room));
}

static void Gradient(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss, double *g) {
  l->shaped->inner->ops->gradient(l->shaped->inner, w, first, last, loss, g);
}

static void HessianApply(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last, double *hv) {
  l->shaped->inner->ops->hessian_apply(l->shaped->inner, w, v, first, last, hv);
}

static PetscBool Plain(const SgdShapedNoise *k) {
  return (PetscBool)(k->scale == 1 && !k->modes);
}

/* mean [P] over all samples */
static void Mean(const SgdShapedNoise *k, const double *w, double *mean) {
  const SgdLandscape inner = k->inner;

  inner->ops->gradient(inner, w, 0, inner->samples, NULL, mean);
  cblas_dscal((int)inner->dimension, 1 / (double)inner->samples, mean, 1);
}

/* Means over all samples: of v.grad l_i on d directions, and of v.H_i v (c not NULL, d = 1). */
static void Along(const SgdShapedNoise *k, const double *w, PetscInt d, const double *V, double *g, double *c) {
  const PetscInt N = k->inner->samples;
  double *gi = Room((size_t)N * (size_t)d), *ci = c ? Room((size_t)N) : NULL;

  k->inner->ops->sample_directional(k->inner, w, d, V, 0, N, NULL, gi, ci);
  for (PetscInt a = 0; a < d; a++) g[a] = 0;
  for (PetscInt i = 0; i < N; i++)
    for (PetscInt a = 0; a < d; a++) g[a] += gi[i * d + a] / (double)N;
  if (c) *c = 0;
  for (PetscInt i = 0; c && i < N; i++) *c += ci[i] / (double)N;
  Free(gi);
  Free(ci);
}

/* x [n][d] = mean + alpha (x - centre) */
static void Pull(const SgdShapedNoise *k, PetscInt n, PetscInt d, const double *mean, const double *centre, double *x) {
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt a = 0; a < d; a++) x[i * d + a] = mean[a] + k->scale * (x[i * d + a] - centre[a]);
}

/* v.G_i' = v.g + alpha (Q v).(G_i - g). The curvature is (Q v).H_i Q v/r in the place of (Q v).H_i v: the same for directions with
   Q v = r v, as Hessian modes are. */
static void SampleDirectional(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt first,
                              PetscInt last, double *loss, double *g, double *c) {
  const SgdShapedNoise *k = l->shaped;
  const SgdLandscape inner = k->inner;
  const PetscInt P = l->dimension, n = last - first;

  if (Plain(k)) {
    inner->ops->sample_directional(inner, w, d, V, first, last, loss, g, c);
    return;
  }
  double *along = Room((size_t)(d * P)), *mean = Room((size_t)(2 * d)), curvature[2] = {0, 0};
  SgdShapedProject(k, P, d, V, along);
  inner->ops->sample_directional(inner, w, d, along, first, last, loss, g, c);
  Along(k, w, d, V, mean, c ? curvature : NULL);
  Along(k, w, d, along, mean + d, c ? curvature + 1 : NULL);
  Pull(k, n, d, mean, mean + d, g);
  const double r = SgdShapedShare(k, P, V, along);
  curvature[1] /= r;
  for (PetscInt i = 0; c && i < n; i++) c[i] /= r;
  if (c) Pull(k, n, 1, curvature, curvature + 1, c);
  Free(along);
  Free(mean);
}

static void SomeDirectional(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                            const PetscInt *index, double *loss, double *g) {
  const SgdShapedNoise *k = l->shaped;
  const PetscInt P = l->dimension;

  if (Plain(k)) {
    SgdLandscapeSome(k->inner, w, d, V, count, index, loss, g);
    return;
  }
  double *along = Room((size_t)(d * P)), *mean = Room((size_t)(2 * d));
  SgdShapedProject(k, P, d, V, along);
  SgdLandscapeSome(k->inner, w, d, along, count, index, loss, g);
  Along(k, w, d, V, mean, NULL);
  Along(k, w, d, along, mean + d, NULL);
  Pull(k, count, d, mean, mean + d, g);
  Free(along);
  Free(mean);
}

static void BatchGradient(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, double *loss,
                          double *g) {
  const SgdShapedNoise *k = l->shaped;

  k->inner->ops->batch_gradient(k->inner, w, batch, index, loss, g);
  if (Plain(k)) return;
  double *mean = Room((size_t)l->dimension);
  Mean(k, w, mean);
  SgdShapedPull(k, l->dimension, mean, g);
  Free(mean);
}

static void SampleGradients(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *g) {
  const SgdShapedNoise *k = l->shaped;
  double *mean = Room((size_t)l->dimension);

  PetscCallAbort(PETSC_COMM_SELF, SgdLandscapeWholeGradients(k->inner, w, first, last, g));
  if (!Plain(k)) Mean(k, w, mean);
  for (PetscInt i = 0; !Plain(k) && i < last - first; i++) SgdShapedPull(k, l->dimension, mean, g + i * l->dimension);
  Free(mean);
}

static void BatchHessianApply(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, const double *v,
                              double *hv) {
  const SgdShapedNoise *k = l->shaped;
  const SgdLandscape inner = k->inner;

  PetscCallAbort(PETSC_COMM_SELF, SgdLandscapeBatchHessianApply(inner, w, batch, index, v, hv));
  if (Plain(k)) return;
  double *mean = Room((size_t)l->dimension);
  inner->ops->hessian_apply(inner, w, v, 0, inner->samples, mean);
  cblas_dscal((int)l->dimension, 1 / (double)inner->samples, mean, 1);
  SgdShapedPull(k, l->dimension, mean, hv);
  Free(mean);
}

static const int *Labels(SgdLandscape l) {
  return l->shaped->inner->ops->labels(l->shaped->inner);
}

const SgdLandscapeOps SgdShapedSamples = {.destroy = SgdShapedDestroy,
                                          .view = SgdShapedView,
                                          .start = SgdShapedStart,
                                          .gradient = Gradient,
                                          .hessian_apply = HessianApply,
                                          .sample_directional = SampleDirectional,
                                          .some_directional = SomeDirectional,
                                          .batch_gradient = BatchGradient,
                                          .sample_gradients = SampleGradients,
                                          .batch_hessian_apply = BatchHessianApply,
                                          .labels = Labels,
                                          .accuracy = SgdShapedAccuracy,
                                          .test = SgdShapedTest};
