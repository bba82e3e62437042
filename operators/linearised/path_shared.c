#include "operators/linearised/path_shared.h"
#include "cases/base/blas.h"
#include "cases/base/progress.h"
#include "operators/linearised/path_replicas.h"

enum { FEW = 64 }; /* samples at a time: a family's workspace grows with them */

typedef struct {
  SgdPath p;
  int M;
  double scale;     /* from u^T C1 u to a step's share of the variance */
  double *U;        /* [M][local] */
  double *u, *part; /* [P]: the vector at hand, and this rank's part of its product */
  double *hu;       /* [local] */
  PetscInt mine;    /* samples of this rank */
  PetscInt *index;  /* [mine] */
  double *gi,
      *mean;   /* [M][mine] derivatives of their losses along the vectors, and their means over all samples, [M] */
  double *cov; /* [M][M] this rank's part of the covariances, summed; NULL: not wanted */
  const PetscInt *drawn; /* [batch] the step's batch, whose Hessian it is; NULL: the mean's */
  PetscInt batch;
  double done, all; /* steps back */
  SgdProgress progress;
} Sweep;

/* This rank's samples: as even a split as there is. */
static PetscErrorCode OwnSamples(Sweep *s) {
  const SgdLandscape l = s->p->landscape;
  const PetscInt64 N = SgdLandscapeSamples(l);
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(s->p->shares->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->p->shares->comm, &size));
  const PetscInt first = (PetscInt)(N * rank / size);
  s->mine = (PetscInt)(N * (rank + 1) / size) - first;
  PetscCall(PetscMalloc1(s->mine, &s->index));
  for (PetscInt i = 0; i < s->mine; i++) s->index[i] = first + i;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode BeginSweep(Sweep *s, SgdPath p, PetscInt batch, SgdSampling sampling, int M, double sweeps) {
  const size_t P = (size_t)p->P, local = (size_t)p->shares->local;

  PetscFunctionBegin;
  *s = (Sweep){.p = p,
               .M = M,
               .scale = p->eta * p->eta * SgdLandscapeBatchFactor(p->landscape, batch, sampling),
               .batch = batch,
               .all = sweeps * p->steps,
               .progress = SgdProgressStart()};
  PetscCall(OwnSamples(s));
  PetscCall(PetscMalloc4((size_t)M * local, &s->U, P, &s->u, P, &s->part, local, &s->hu));
  PetscCall(PetscMalloc2((size_t)M * (size_t)s->mine, &s->gi, M, &s->mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EndSweep(Sweep *s) {
  PetscFunctionBegin;
  PetscCall(PetscFree(s->index));
  PetscCall(PetscFree4(s->U, s->u, s->part, s->hu));
  PetscCall(PetscFree2(s->gi, s->mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(Sweep *s, const char *what) {
  PetscFunctionBegin;
  s->done++;
  if (SgdProgressDue(&s->progress)) {
    const double elapsed = SgdProgressElapsed(&s->progress);
    PetscCall(SgdTell(s->p->shares->comm, s->done / s->all, elapsed * (s->all - s->done) / s->done,
                      "%s: %.0f of %.0f steps back, by all ranks together", what, s->done, s->all));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Derivatives of this rank's samples along vector m, which is s->u; closed forms: u^T C1 u on the rank whose turn it is. */
static PetscErrorCode Derive(Sweep *s, const double *w, int m, double *variance) {
  const SgdLandscape l = s->p->landscape;
  double *gi = s->gi + (size_t)m * (size_t)s->mine, loss, g, C1;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < s->mine; i += FEW)
    PetscCall(SgdLandscapeSomeGradients(l, w, 1, s->u, PetscMin(FEW, s->mine - i), s->index + i, gi + i));
  if (SgdLandscapeSamples(l)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(s->p->shares->comm, &rank));
  PetscCallMPI(MPI_Comm_size(s->p->shares->comm, &size));
  if (m % size != rank) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLandscapePoint(l, w, 1, s->u, &loss, &g, &C1, NULL));
  variance[m] += s->scale * C1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSharedBatchHessian(SgdLandscape l, SgdShares shares, const double *w, PetscInt batch,
                                     const PetscInt *index, const double *u, double *part, double *hv) {
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(shares->comm, &rank));
  PetscCallMPI(MPI_Comm_size(shares->comm, &size));
  const PetscInt first = (PetscInt)((PetscInt64)batch * rank / size),
                 count = (PetscInt)((PetscInt64)batch * (rank + 1) / size) - first;
  if (count)
    PetscCall(SgdLandscapeBatchHessianApply(l, w, count, index + first, u, part));
  else
    PetscCall(PetscArrayzero(part, shares->P));
  cblas_dscal((int)shares->P, (double)count / (double)batch, part, 1);
  PetscCall(SgdSharesScatterSum(shares, part, hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* u_m <- (I - eta H) u_m, which is s->u */
static PetscErrorCode Contract(Sweep *s, const double *w, int m) {
  const SgdPath p = s->p;
  const PetscInt local = p->shares->local;

  PetscFunctionBegin;
  if (s->drawn)
    PetscCall(SgdSharedBatchHessian(p->landscape, p->shares, w, s->batch, s->drawn, s->u, s->part, s->hu));
  else {
    PetscCall(SgdLandscapeHessianPart(p->landscape, w, s->u, s->part));
    PetscCall(SgdSharesScatterSum(p->shares, s->part, s->hu));
  }
  cblas_daxpy((int)local, -p->eta, s->hu, 1, s->U + (size_t)m * (size_t)local, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance [M] += scale Var_i(u_m . grad l_i), this rank's samples' part of it; their covariances to s->cov. */
static PetscErrorCode AddVariances(Sweep *s, double *variance) {
  const int M = s->M, n = (int)s->mine;
  const double N = (double)SgdLandscapeSamples(s->p->landscape);

  PetscFunctionBegin;
  if (N == 0) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < M; m++) {
    s->mean[m] = 0;
    for (int i = 0; i < n; i++) s->mean[m] += s->gi[(size_t)m * (size_t)n + (size_t)i] / N;
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, s->mean, M, MPI_DOUBLE, MPI_SUM, s->p->shares->comm));
  for (int m = 0; m < M; m++) {
    double *gi = s->gi + (size_t)m * (size_t)n;
    for (int i = 0; i < n; i++) gi[i] -= s->mean[m];
    variance[m] += s->scale / N * cblas_ddot(n, gi, 1, gi, 1);
  }
  if (s->cov && n)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, M, M, n, s->scale / N, s->gi, n, s->gi, n, 1.0, s->cov, M);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StepBack(Sweep *s, const double *w, double *variance) {
  const SgdShares shares = s->p->shares;

  PetscFunctionBegin;
  for (int m = 0; m < s->M; m++) {
    PetscCall(SgdSharesGather(shares, s->U + (size_t)m * (size_t)shares->local, s->u));
    PetscCall(Derive(s, w, m, variance));
    PetscCall(Contract(s, w, m));
  }
  PetscCall(AddVariances(s, variance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Back along the path from V; draw NULL: by the mean Hessian. variance: this rank's part. */
static PetscErrorCode GoBack(Sweep *s, const double *V, SgdBatchDraw draw, int replica, double *variance) {
  const SgdPath p = s->p;
  const double *w;

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(s->U, V, (size_t)s->M * (size_t)p->shares->local));
  for (int j = p->intervals - 1; j >= 0; j--) {
    PetscCall(SgdPathPoint(p, j, &w));
    for (int n = SgdPathFirst(p, j + 1) - 1; n >= SgdPathFirst(p, j); n--) {
      PetscCall(Report(s, draw ? "coupled closure" : "closure"));
      s->drawn = draw ? SgdBatchDrawNext(draw, replica, n) : NULL;
      PetscCall(StepBack(s, w, variance));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathAdjointShared(SgdPath p, PetscInt batch, SgdSampling sampling, int M, const double *V,
                                    double *variance) {
  Sweep s;

  PetscFunctionBegin;
  PetscCall(BeginSweep(&s, p, batch, sampling, M, 1));
  PetscCall(PetscArrayzero(variance, M));
  PetscCall(GoBack(&s, V, NULL, 0, variance));
  PetscCall(EndSweep(&s));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, variance, M, MPI_DOUBLE, MPI_SUM, p->shares->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One replica: its variances [M], and its covariances to c, all ranks' together. */
static PetscErrorCode Replica(Sweep *s, const double *V, SgdBatchDraw draw, int replica, SgdReplicaCovariances *c,
                              double *variance) {
  const MPI_Comm comm = s->p->shares->comm;

  PetscFunctionBegin;
  SgdReplicaCovariancesBegin(c);
  s->cov = c->one;
  PetscCall(GoBack(s, V, draw, replica, variance));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, variance, s->M, MPI_DOUBLE, MPI_SUM, comm));
  if (c->one) PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->one, s->M * s->M, MPI_DOUBLE, MPI_SUM, comm));
  SgdReplicaCovariancesEnd(c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathAdjointCoupledShared(SgdPath p, PetscInt batch, SgdSampling sampling, int replicas, int seed,
                                           int M, const double *V, const SgdPathReplicas *out) {
  const SgdDrawLaw law = sampling == SGD_WITH_REPLACEMENT ? SGD_DRAW_WITH_REPLACEMENT : SGD_DRAW_WITHOUT_REPLACEMENT;
  SgdReplicaCovariances c;
  SgdBatchDraw draw;
  double *each;
  Sweep s;

  PetscFunctionBegin;
  PetscCall(SgdBatchDrawCreate(SgdLandscapeSamples(p->landscape), batch, law, SGD_DRAW_COUPLING, seed, &draw));
  PetscCall(BeginSweep(&s, p, batch, sampling, M, replicas));
  PetscCall(SgdReplicaCovariancesCreate(out, M, &c));
  PetscCall(PetscCalloc1(replicas * M, &each));
  for (int r = 0; r < replicas; r++) PetscCall(Replica(&s, V, draw, r, &c, each + r * M));
  SgdReplicasAverage(replicas, M, each, out->variance, out->error);
  if (out->each) PetscCall(PetscArraycpy(out->each, each, (size_t)replicas * (size_t)M));
  PetscCall(SgdReplicaCovariancesFinish(&c, replicas, PETSC_COMM_SELF)); /* every rank has all of it */
  PetscCall(PetscFree(each));
  PetscCall(EndSweep(&s));
  PetscCall(SgdBatchDrawDestroy(&draw));
  PetscFunctionReturn(PETSC_SUCCESS);
}
