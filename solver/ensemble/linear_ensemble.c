#include "solver/ensemble/linear_ensemble.h"
#include "cases/base/blas.h"
#include "cases/base/progress.h"

typedef struct {
  SgdPath path;
  PetscInt batch;
  SgdBatchDraw draw;
  const double *V;
  double *mean;           /* [intervals][P] g along the path */
  double *delta, *g, *hv; /* [P] each */
} Linear;

static PetscErrorCode Step(Linear *k, int trajectory, int n) {
  SgdPath p = k->path;
  const int j = n / p->refresh, P = (int)p->P;
  const double *w = p->w + (size_t)j * (size_t)p->P;
  const PetscInt *index = SgdBatchDrawNext(k->draw, trajectory, n);

  PetscFunctionBegin;
  PetscCall(SgdLandscapeBatchGradient(p->landscape, w, k->batch, index, NULL, k->g));
  PetscCall(SgdLandscapeBatchHessianApply(p->landscape, w, k->batch, index, k->delta, k->hv));
  cblas_daxpy(P, -1.0, k->mean + (size_t)j * (size_t)p->P, 1, k->g, 1);
  cblas_daxpy(P, -p->eta, k->g, 1, k->delta, 1);
  cblas_daxpy(P, -p->eta, k->hv, 1, k->delta, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Trajectory(Linear *k, SgdEnsemble e, int t) {
  double *a = e->a + (size_t)t * (size_t)e->records * (size_t)e->modes;
  int record = 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(k->delta, k->path->P));
  for (int n = 0; n < k->path->steps; n++) {
    PetscCall(Step(k, t, n));
    if (n + 1 != e->step[record]) continue;
    cblas_dgemv(CblasRowMajor, CblasNoTrans, e->modes, (int)k->path->P, 1.0, k->V, (int)k->path->P, k->delta, 1, 0.0,
                a + (size_t)record++ * (size_t)e->modes, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Create(SgdPath p, int count, int modes, SgdEnsemble *ensemble) {
  const int half = PetscMax(1, p->steps / 2);
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCall(PetscNew(&e));
  *ensemble = e;
  e->count = count;
  e->modes = modes;
  PetscCall(PetscMalloc1(2, &e->step));
  if (half < p->steps) e->step[e->records++] = half;
  e->step[e->records++] = p->steps;
  PetscCall(PetscCalloc1((size_t)count * (size_t)e->records * (size_t)modes, &e->a));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode All(Linear *k, SgdEnsemble e) {
  const MPI_Comm comm = SgdLandscapeComm(k->path->landscape);
  SgdProgress progress = SgdProgressStart();
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  const int first = (int)((PetscInt64)rank * e->count / size), last = (int)((PetscInt64)(rank + 1) * e->count / size);
  for (int t = first; t < last; t++) {
    PetscCall(Trajectory(k, e, t));
    if (SgdProgressDue(&progress))
      PetscCall(SgdSay(comm, "  linear model: %d of %d trajectories, about %.0f s left\n", t + 1 - first, last - first,
                       SgdProgressElapsed(&progress) * (last - t - 1) / (t + 1 - first)));
  }
  const size_t all = (size_t)e->count * (size_t)e->records * (size_t)e->modes, part = 1 << 24;
  for (size_t from = 0; from < all; from += part)
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, e->a + from, (int)PetscMin(part, all - from), MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLinearEnsembleRun(SgdPath path, PetscInt batch, SgdDrawLaw law, int count, int seed, int modes,
                                    const double *V, SgdEnsemble *ensemble) {
  const PetscInt P = path->P;
  Linear k = {.path = path, .batch = batch, .V = V};

  PetscFunctionBegin;
  PetscCall(Create(path, count, modes, ensemble));
  PetscCall(PetscMalloc4((size_t)path->intervals * (size_t)P, &k.mean, P, &k.delta, P, &k.g, P, &k.hv));
  for (int j = 0; j < path->intervals; j++)
    PetscCall(
        SgdLandscapeGradient(path->landscape, path->w + (size_t)j * (size_t)P, NULL, k.mean + (size_t)j * (size_t)P));
  PetscCall(SgdBatchDrawCreate(SgdLandscapeSamples(path->landscape), batch, law, SGD_DRAW_TRAJECTORY, seed, &k.draw));
  PetscCall(All(&k, *ensemble));
  SgdEnsembleMarkDiverged(*ensemble);
  PetscCall(SgdBatchDrawDestroy(&k.draw));
  PetscCall(PetscFree4(k.mean, k.delta, k.g, k.hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}
