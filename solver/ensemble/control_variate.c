#include "solver/ensemble/control_variate.h"
#include "cases/base/blas.h"

typedef struct {
  SgdPath path;
  PetscInt batch;
  int N, M, first, last; /* this rank's trajectories */
  double factor;         /* from one draw to a batch */
  const double *V;
  SgdBatchDraw draw;
  double *q, *mean, *lambda, *D, *hv; /* of an interval: [N][M], [M] each; [P] */
  double *y, *known;                  /* [count][M], [M]: V_y */
} Control;

/* q, and per mode its mean, its variance D over the samples and the curvature. */
static PetscErrorCode Enter(Control *k, int interval) {
  const PetscInt P = k->path->P;
  const double *w = k->path->w + (size_t)interval * (size_t)P;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeSampleGradients(k->path->landscape, w, k->M, k->V, k->q));
  for (int m = 0; m < k->M; m++) {
    const double *v = k->V + (size_t)m * (size_t)P;
    PetscCall(SgdLandscapeHessianApply(k->path->landscape, w, v, k->hv));
    k->lambda[m] = cblas_ddot((int)P, v, 1, k->hv, 1);
    k->mean[m] = k->D[m] = 0;
    for (int i = 0; i < k->N; i++) k->mean[m] += k->q[(size_t)i * (size_t)k->M + (size_t)m] / k->N;
    for (int i = 0; i < k->N; i++) k->D[m] += PetscSqr(k->q[(size_t)i * (size_t)k->M + (size_t)m] - k->mean[m]) / k->N;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Step(const Control *k, const PetscInt *index, double *y) {
  const double eta = k->path->eta, each = eta / (double)k->batch;

  for (int m = 0; m < k->M; m++) y[m] = (1 - eta * k->lambda[m]) * y[m] + eta * k->mean[m];
  for (PetscInt i = 0; i < k->batch; i++) cblas_daxpy(k->M, -each, k->q + (size_t)index[i] * (size_t)k->M, 1, y, 1);
}

static PetscErrorCode Walk(Control *k) {
  const SgdPath p = k->path;

  PetscFunctionBegin;
  for (int j = 0; j < p->intervals; j++) {
    PetscCall(Enter(k, j));
    for (int t = k->first; t < k->last; t++)
      for (int n = SgdPathFirst(p, j); n < SgdPathFirst(p, j + 1); n++)
        Step(k, SgdBatchDrawNext(k->draw, t, n), k->y + (size_t)t * (size_t)k->M);
    for (int n = SgdPathFirst(p, j); n < SgdPathFirst(p, j + 1); n++)
      for (int m = 0; m < k->M; m++)
        k->known[m] = PetscSqr(1 - p->eta * k->lambda[m]) * k->known[m] + PetscSqr(p->eta) * k->factor * k->D[m];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Beta, the variance, and its error: that of the mean of what the regression leaves. */
static SgdControlled Estimate(const Control *k, SgdEnsemble e, int mode) {
  const size_t M = (size_t)k->M, last = (size_t)(e->records - 1), row = (size_t)e->records * M;
  const int T = e->count - e->diverged;
  double mean = 0, X = 0, Y = 0, XY = 0, YY = 0, rest = 0;

  for (int pass = 0; pass < 4; pass++)
    for (size_t t = 0; t < (size_t)e->count; t++) {
      const double x = e->a[t * row + last * M + (size_t)mode], y = PetscSqr(k->y[t * M + (size_t)mode]);
      const double square = PetscSqr(x - mean);
      if (PetscIsNanReal(x)) continue;
      if (pass == 0) mean += x / T;
      if (pass == 1) X += square / T, Y += y / T;
      if (pass == 2) XY += (square - X) * (y - Y), YY += PetscSqr(y - Y);
      if (pass == 3) rest += PetscSqr(square - X - XY / YY * (y - Y));
    }
  return (SgdControlled){.beta = XY / YY,
                         .variance = X * T / (T - 1.0) - XY / YY * (Y - k->known[mode]),
                         .error = sqrt(rest / ((T - 2.0) * T))};
}

PetscErrorCode SgdControlVariate(SgdPath p, PetscInt batch, SgdDrawLaw law, int seed, SgdEnsemble e, const double *V,
                                 SgdControlled controlled[]) {
  const MPI_Comm comm = SgdLandscapeComm(p->landscape);
  const SgdSampling sampling = law == SGD_DRAW_WITH_REPLACEMENT ? SGD_WITH_REPLACEMENT : SGD_WITHOUT_REPLACEMENT;
  Control k = {.path = p, .batch = batch, .N = (int)SgdLandscapeSamples(p->landscape), .M = e->modes, .V = V};
  const size_t M = (size_t)k.M, all = (size_t)e->count * M, part = 1 << 24;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  k.first = (int)((PetscInt64)rank * e->count / size);
  k.last = (int)((PetscInt64)(rank + 1) * e->count / size);
  k.factor = SgdLandscapeBatchFactor(p->landscape, batch, sampling);
  PetscCall(PetscCalloc2(all, &k.y, M, &k.known));
  PetscCall(PetscMalloc5((size_t)k.N * M, &k.q, M, &k.mean, M, &k.lambda, M, &k.D, p->P, &k.hv));
  PetscCall(SgdBatchDrawCreate(k.N, batch, law, SGD_DRAW_TRAJECTORY, seed, &k.draw));
  PetscCall(Walk(&k));
  for (size_t from = 0; from < all; from += part)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, k.y + from, (int)PetscMin(part, all - from), MPI_DOUBLE, MPI_SUM, comm));
  for (int m = 0; m < k.M; m++) controlled[m] = Estimate(&k, e, m);
  PetscCall(SgdBatchDrawDestroy(&k.draw));
  PetscCall(PetscFree5(k.q, k.mean, k.lambda, k.D, k.hv));
  PetscCall(PetscFree2(k.y, k.known));
  PetscFunctionReturn(PETSC_SUCCESS);
}
