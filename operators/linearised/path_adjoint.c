#include "operators/linearised/path_adjoint.h"
#include "operators/linearised/path_replicas.h"
#include "operators/linearised/path_shared.h"
#include "cases/base/progress.h"
#include "cases/base/blas.h"

/* Every sample's whole gradient is kept where that takes at most this many numbers (a gigabyte): the directional
   derivatives of all modes are then one matrix product. */
#define ROWS_LIMIT ((size_t)1 << 27)

typedef struct {
  SgdPath p;
  int M, first, last; /* modes that take their variance on this rank */
  double scale;       /* from u^T C1 u to a step's share of the variance */
  double *U, *hv;     /* [M][P], [P] */
  double *gi;         /* [N][M] directional derivatives */
  double *cov;        /* [M][M] covariances of all modes, summed; NULL: not wanted */
  double *rows;       /* [N][P] whole gradients; NULL where they are too many */
  double done, all;   /* steps back, this rank's */
  SgdProgress progress;
} Adjoint;

PetscBool SgdPathAdjointKeeps(PetscInt P, PetscInt samples) {
  return (PetscBool)(samples && (size_t)samples * (size_t)P <= ROWS_LIMIT);
}

static PetscErrorCode BeginSweep(Adjoint *a, const double *V) {
  const size_t P = (size_t)a->p->P, N = (size_t)SgdLandscapeSamples(a->p->landscape);

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((size_t)a->M * P, &a->U, P, &a->hv, (size_t)a->M * N, &a->gi));
  if (SgdPathAdjointKeeps(a->p->P, (PetscInt)N)) PetscCall(PetscMalloc1(N * P, &a->rows));
  PetscCall(PetscArraycpy(a->U, V, (size_t)a->M * P));
  a->progress = SgdProgressStart();
  a->done = 0;
  a->all = a->p->steps;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One more step back: a line every few seconds. */
static PetscErrorCode ReportSweep(Adjoint *a, const char *what) {
  PetscFunctionBegin;
  a->done++;
  if (SgdProgressDue(&a->progress)) {
    const double elapsed = SgdProgressElapsed(&a->progress);
    PetscCall(SgdTell(SgdLandscapeComm(a->p->landscape), a->done / a->all, elapsed * (a->all - a->done) / a->done,
                      "%s: %.0f of %.0f steps back", what, a->done, a->all));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EndSweep(Adjoint *a) {
  PetscFunctionBegin;
  PetscCall(PetscFree3(a->U, a->hv, a->gi));
  PetscCall(PetscFree(a->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EnterInterval(Adjoint *a, int interval) {
  SgdLandscape l = a->p->landscape;

  PetscFunctionBegin;
  if (a->rows)
    PetscCall(SgdLandscapeWholeGradients(l, a->p->w + (size_t)interval * (size_t)a->p->P, 0, SgdLandscapeSamples(l),
                                         a->rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out [M] += scale Var_i(u_m . grad l_i) over all samples: this rank does it all */
static PetscErrorCode AddVariances(Adjoint *a, const double *w, int M, const double *U, double *out) {
  SgdLandscape l = a->p->landscape;
  const int P = (int)a->p->P, N = (int)SgdLandscapeSamples(l);

  PetscFunctionBegin;
  if (a->rows)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, N, M, P, 1.0, a->rows, P, U, P, 0.0, a->gi, M);
  else
    PetscCall(SgdLandscapeSampleGradients(l, w, M, U, a->gi));
  for (int m = 0; m < M; m++) {
    double mean = 0, sum = 0;
    for (int i = 0; i < N; i++) mean += a->gi[(size_t)i * (size_t)M + (size_t)m] / N;
    for (int i = 0; i < N; i++) sum += PetscSqr(a->gi[(size_t)i * (size_t)M + (size_t)m] - mean);
    out[m] += a->scale * sum / N;
    for (int i = 0; a->cov && i < N; i++) a->gi[(size_t)i * (size_t)M + (size_t)m] -= mean;
  }
  if (a->cov)
    cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, M, M, N, a->scale / N, a->gi, M, a->gi, M, 1.0, a->cov, M);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The same for a closed form: u^T C1 u, mode by mode. */
static PetscErrorCode AddFormula(SgdLandscape l, const double *w, int M, const double *U, double scale, double *out) {
  const size_t P = (size_t)SgdLandscapeDimension(l);
  double loss, g, C1;

  PetscFunctionBegin;
  for (int m = 0; m < M; m++) {
    PetscCall(SgdLandscapePoint(l, w, 1, U + (size_t)m * P, &loss, &g, &C1, NULL));
    out[m] += scale * C1;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The variance of a mode is taken on one rank; all ranks take part in the products with H. */
static PetscErrorCode StepBack(Adjoint *a, const double *w, double *variance) {
  SgdLandscape l = a->p->landscape;
  const size_t P = (size_t)a->p->P;
  const int mine = a->last - a->first;

  PetscFunctionBegin;
  if (mine && SgdLandscapeSamples(l))
    PetscCall(AddVariances(a, w, mine, a->U + (size_t)a->first * P, variance + a->first));
  else if (mine)
    PetscCall(AddFormula(l, w, mine, a->U + (size_t)a->first * P, a->scale, variance + a->first));
  for (int m = 0; m < a->M; m++) {
    PetscCall(SgdLandscapeHessianApply(l, w, a->U + (size_t)m * P, a->hv));
    cblas_daxpy((int)P, -a->p->eta, a->hv, 1, a->U + (size_t)m * P, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathAdjoint(SgdPath p, PetscInt batch, SgdSampling sampling, int M, const double *V,
                              double *variance) {
  const MPI_Comm comm = SgdLandscapeComm(p->landscape);
  Adjoint a = {.p = p, .M = M, .scale = p->eta * p->eta * SgdLandscapeBatchFactor(p->landscape, batch, sampling)};
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  if (p->shares) return SgdPathAdjointShared(p, batch, sampling, M, V, variance);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  a.first = rank * M / size;
  a.last = (rank + 1) * M / size;
  PetscCall(BeginSweep(&a, V));
  PetscCall(PetscArrayzero(variance, M));
  for (int j = p->intervals - 1; j >= 0; j--) {
    PetscCall(EnterInterval(&a, j));
    for (int n = SgdPathFirst(p, j + 1) - 1; n >= SgdPathFirst(p, j); n--) {
      PetscCall(ReportSweep(&a, "closure"));
      PetscCall(StepBack(&a, p->w + (size_t)j * (size_t)p->P, variance));
    }
  }
  PetscCall(EndSweep(&a));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, variance, M, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One step of a sequence of batches: the product is with the step's own batch's Hessian. */
static PetscErrorCode StepBackRandom(Adjoint *a, const double *w, PetscInt batch, const PetscInt *index,
                                     double *variance) {
  const size_t P = (size_t)a->p->P;

  PetscFunctionBegin;
  PetscCall(AddVariances(a, w, a->M, a->U, variance));
  for (int m = 0; m < a->M; m++) {
    PetscCall(SgdLandscapeBatchHessianApply(a->p->landscape, w, batch, index, a->U + (size_t)m * P, a->hv));
    cblas_daxpy((int)P, -a->p->eta, a->hv, 1, a->U + (size_t)m * P, 1);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Replica(Adjoint *a, SgdBatchDraw draw, int replica, PetscInt batch, const double *V,
                              double *variance) {
  SgdPath p = a->p;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(a->U, V, (size_t)a->M * (size_t)p->P));
  for (int j = p->intervals - 1; j >= 0; j--) {
    PetscCall(EnterInterval(a, j));
    for (int n = SgdPathFirst(p, j + 1) - 1; n >= SgdPathFirst(p, j); n--) {
      PetscCall(ReportSweep(a, "coupled closure"));
      PetscCall(
          StepBackRandom(a, p->w + (size_t)j * (size_t)p->P, batch, SgdBatchDrawNext(draw, replica, n), variance));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathAdjointCoupled(SgdPath p, PetscInt batch, SgdSampling sampling, int replicas, int seed, int M,
                                     const double *V, const SgdPathReplicas *out) {
  const MPI_Comm comm = SgdLandscapeComm(p->landscape);
  const SgdDrawLaw law = sampling == SGD_WITH_REPLACEMENT ? SGD_DRAW_WITH_REPLACEMENT : SGD_DRAW_WITHOUT_REPLACEMENT;
  Adjoint a = {.p = p, .M = M, .scale = p->eta * p->eta * SgdLandscapeBatchFactor(p->landscape, batch, sampling)};
  PetscMPIInt rank, size;
  SgdBatchDraw draw;
  SgdReplicaCovariances c;
  double *each;

  PetscFunctionBegin;
  if (p->shares) return SgdPathAdjointCoupledShared(p, batch, sampling, replicas, seed, M, V, out);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(SgdBatchDrawCreate(SgdLandscapeSamples(p->landscape), batch, law, SGD_DRAW_COUPLING, seed, &draw));
  PetscCall(BeginSweep(&a, V));
  PetscCall(SgdReplicaCovariancesCreate(out, M, &c));
  a.cov = c.one;
  PetscCall(PetscCalloc1(replicas * M, &each));
  a.all *= (replicas - rank + size - 1) / size;
  for (int r = rank; r < replicas; r += size) {
    SgdReplicaCovariancesBegin(&c);
    PetscCall(Replica(&a, draw, r, batch, V, each + r * M));
    SgdReplicaCovariancesEnd(&c);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, each, replicas * M, MPI_DOUBLE, MPI_SUM, comm));
  SgdReplicasAverage(replicas, M, each, out->variance, out->error);
  if (out->each) PetscCall(PetscArraycpy(out->each, each, (size_t)replicas * (size_t)M));
  PetscCall(SgdReplicaCovariancesFinish(&c, replicas, comm));
  PetscCall(EndSweep(&a));
  PetscCall(PetscFree(each));
  PetscCall(SgdBatchDrawDestroy(&draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}
