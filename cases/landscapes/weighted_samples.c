/* The law of weighted samples (landscape_weights.c): mean, noise and draws from p_i and f_i. */
#include "cases/landscapes/weighted_samples.h"
#include "cases/base/blas.h"
#include <string.h>

static SgdWeighted *Of(SgdLandscape l) {
  return l->data;
}

/* Directional derivatives f_i v.grad l_i [N][d] (and f_i v.H_i v [N], d = 1), and their mean. */
static void Directional(const SgdWeighted *k, const double *w, PetscInt d, const double *V, double *g, double *c,
                        double *mean) {
  const PetscInt N = k->inner->samples;

  k->inner->ops->sample_directional(k->inner, w, d, V, 0, N, NULL, g, c);
  for (PetscInt a = 0; a < d; a++) mean[a] = 0;
  for (PetscInt i = 0; i < N; i++) {
    for (PetscInt a = 0; a < d; a++) mean[a] += k->p[i] * (g[i * d + a] *= k->f[i]);
    if (c) c[i] *= k->f[i];
  }
}

static void Gradient(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss, double *g) {
  const SgdWeighted *k = Of(l);
  const PetscInt N = k->inner->samples, P = l->dimension;
  double *each = NULL, one;

  (void)first, (void)last;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  if (loss) *loss = 0;
  if (g) memset(g, 0, (size_t)P * sizeof *g);
  for (PetscInt i = 0; i < N; i++) {
    if (k->p[i] == 0) continue;
    k->inner->ops->gradient(k->inner, w, i, i + 1, loss ? &one : NULL, g ? each : NULL);
    if (loss) *loss += k->p[i] * k->f[i] * one;
    if (g) cblas_daxpy((int)P, k->p[i] * k->f[i], each, 1, g, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

static void HessianApply(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last, double *hv) {
  const SgdWeighted *k = Of(l);
  const PetscInt P = l->dimension;
  double *each = NULL;

  (void)first, (void)last;
  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  memset(hv, 0, (size_t)P * sizeof *hv);
  for (PetscInt i = 0; i < k->inner->samples; i++) {
    if (k->p[i] == 0) continue;
    k->inner->ops->hessian_apply(k->inner, w, v, i, i + 1, each);
    cblas_daxpy((int)P, k->p[i] * k->f[i], each, 1, hv, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

/* Room for N rows of n numbers. */
static double *Rows(const SgdWeighted *k, PetscInt n) {
  double *rows = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1((size_t)k->inner->samples * (size_t)n, &rows));
  return rows;
}

static void Covariance(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1) {
  const SgdWeighted *k = Of(l);
  double *g = Rows(k, d), *mean = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(d, &mean));
  Directional(k, w, d, V, g, NULL, mean);
  for (PetscInt i = 0; i < d * d; i++) C1[i] = 0;
  for (PetscInt i = 0; i < k->inner->samples; i++)
    for (PetscInt a = 0; a < d; a++)
      for (PetscInt b = 0; b < d; b++) C1[a * d + b] += k->p[i] * (g[i * d + a] - mean[a]) * (g[i * d + b] - mean[b]);
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(mean));
}

static void ModeNoise(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1, double *cov1) {
  const SgdWeighted *k = Of(l);
  double *g = Rows(k, 1), *c = Rows(k, 1), mean, curvature = 0;

  Directional(k, w, 1, v, g, c, &mean);
  for (PetscInt i = 0; i < k->inner->samples; i++) curvature += k->p[i] * c[i];
  *D1 = *Gamma1 = *cov1 = 0;
  for (PetscInt i = 0; i < k->inner->samples; i++) {
    *D1 += k->p[i] * PetscSqr(g[i] - mean);
    *Gamma1 += k->p[i] * PetscSqr(c[i] - curvature);
    *cov1 += k->p[i] * (g[i] - mean) * (c[i] - curvature);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(c));
}

static void Characteristic(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                           double _Complex *phi) {
  const SgdWeighted *k = Of(l);
  double *g = Rows(k, 1), mean;

  Directional(k, w, 1, v, g, NULL, &mean);
  for (PetscInt m = 0; m < n; m++) {
    phi[m] = 0;
    for (PetscInt i = 0; i < k->inner->samples; i++) phi[m] += k->p[i] * cexp(-I * q[m] * (g[i] - mean));
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(g));
}

static PetscInt Find(const SgdWeighted *k, double u) {
  PetscInt low = 0, high = k->inner->samples - 1;

  while (low < high) {
    const PetscInt middle = (low + high) / 2;
    if (k->cumulative[middle] > u)
      high = middle;
    else
      low = middle + 1;
  }
  return low;
}

static void Draw(SgdLandscape l, const double *w, PetscInt batch, const double *u, double *g) {
  const SgdWeighted *k = Of(l);
  const PetscInt P = l->dimension;
  double *each = NULL;

  PetscCallAbort(PETSC_COMM_SELF, PetscMalloc1(P, &each));
  memset(g, 0, (size_t)P * sizeof *g);
  for (PetscInt b = 0; b < batch; b++) {
    const PetscInt i = Find(k, u[b]);
    k->inner->ops->gradient(k->inner, w, i, i + 1, NULL, each);
    cblas_daxpy((int)P, k->f[i] / (double)batch, each, 1, g, 1);
  }
  PetscCallAbort(PETSC_COMM_SELF, PetscFree(each));
}

static PetscErrorCode Start(SgdLandscape l, PetscInt seed, double *w) {
  return SgdLandscapeStart(Of(l)->inner, seed, w);
}

static PetscErrorCode View(SgdLandscape l) {
  const SgdWeighted *k = Of(l);
  double square = 0;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeView(k->inner));
  for (PetscInt i = 0; i < k->inner->samples; i++) square += PetscSqr(k->p[i] * k->f[i]);
  PetscCall(SgdSay(l->comm, "  weights by %s, as %s: the mean gradient is worth %.4g samples of %d\n", k->by, k->use,
                   1 / square, (int)k->inner->samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static double Accuracy(SgdLandscape l, const double *w) {
  const SgdLandscape inner = Of(l)->inner;
  return inner->ops->accuracy ? inner->ops->accuracy(inner, w) : NAN;
}

/* Those held out count alike, whatever the weights. */
static double Test(SgdLandscape l, const double *w, double *accuracy) {
  const SgdLandscape inner = Of(l)->inner;
  return inner->ops->test(inner, w, accuracy);
}

static PetscErrorCode Destroy(SgdLandscape l) {
  SgdWeighted *k = Of(l);

  PetscFunctionBegin;
  PetscCall(SgdLandscapeDestroy(&k->inner));
  PetscCall(PetscFree3(k->p, k->f, k->cumulative));
  PetscCall(PetscFree(l->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const SgdLandscapeOps SgdWeightedSamples = {.name = "weighted samples",
                                            .destroy = Destroy,
                                            .view = View,
                                            .start = Start,
                                            .gradient = Gradient,
                                            .hessian_apply = HessianApply,
                                            .covariance = Covariance,
                                            .mode_noise = ModeNoise,
                                            .characteristic = Characteristic,
                                            .draw = Draw,
                                            .accuracy = Accuracy,
                                            .test = Test};
