#include "operators/linearised/path_diagonal.h"
#include "cases/base/blas.h"

/* The same where vectors are shared out: u [P] room for one whole, hv [P] for this rank's part of the product. */
static PetscErrorCode SharedCurvatures(SgdPath p, const double *w, int M, const double *V, double *u, double *hv,
                                       double *lambda) {
  PetscFunctionBegin;
  for (int m = 0; m < M; m++) {
    PetscCall(SgdSharesGather(p->shares, V + (size_t)m * (size_t)p->shares->local, u));
    PetscCall(SgdLandscapeHessianPart(p->landscape, w, u, hv));
    lambda[m] = cblas_ddot((int)p->P, u, 1, hv, 1);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, lambda, M, MPI_DOUBLE, MPI_SUM, p->shares->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* lambda = v.Hv of every row; all ranks take part in the products. */
static PetscErrorCode Curvatures(SgdPath p, const double *w, int M, const double *V, double *lambda) {
  const size_t P = (size_t)p->P;
  double *hv;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &hv));
  for (int m = 0; m < M; m++) {
    PetscCall(SgdLandscapeHessianApply(p->landscape, w, V + (size_t)m * P, hv));
    lambda[m] = cblas_ddot((int)P, V + (size_t)m * P, 1, hv, 1);
  }
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

typedef struct {
  SgdPath p;
  double scale;  /* from one draw to a step's share of the variance */
  double *u, *h; /* [P] each; where vectors are shared out */
} Diagonal;

/* Over the steps of interval j, for one of this rank's modes, v [P]. */
static PetscErrorCode Advance(const Diagonal *k, int j, const double *w, const double *v, double lambda,
                              double *variance) {
  const double eta = k->p->eta;
  double D, Gamma, both;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeModeNoise(k->p->landscape, w, v, &D, &Gamma, &both));
  for (int n = SgdPathFirst(k->p, j); n < SgdPathFirst(k->p, j + 1); n++)
    *variance = (PetscSqr(1 - eta * lambda) + k->scale * Gamma) * *variance + k->scale * D;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A mode's noise is for one rank: vectors that are shared out are dealt out whole, one to each rank at a time. */
static PetscErrorCode AdvanceInterval(const Diagonal *k, int j, int M, const double *V, double *lambda,
                                      double *variance) {
  SgdPath p = k->p;
  PetscMPIInt rank, size;
  const double *w;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(SgdLandscapeComm(p->landscape), &rank));
  PetscCallMPI(MPI_Comm_size(SgdLandscapeComm(p->landscape), &size));
  PetscCall(SgdPathPoint(p, j, &w));
  PetscCall(p->shares ? SharedCurvatures(p, w, M, V, k->u, k->h, lambda) : Curvatures(p, w, M, V, lambda));
  for (int first = 0; first < M; first += size) {
    const int m = first + rank;
    if (p->shares) PetscCall(SgdSharesDealOut(p->shares, first, M, V, k->u));
    if (m < M) PetscCall(Advance(k, j, w, p->shares ? k->u : V + (size_t)m * (size_t)p->P, lambda[m], &variance[m]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathDiagonal(SgdPath p, PetscInt batch, SgdSampling sampling, int M, const double *V,
                               double *variance) {
  const PetscInt room = p->shares ? p->P : 0;
  Diagonal k = {.p = p, .scale = p->eta * p->eta * SgdLandscapeBatchFactor(p->landscape, batch, sampling)};
  double *lambda;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(M, &lambda, room, &k.u, room, &k.h));
  PetscCall(PetscArrayzero(variance, M));
  for (int j = 0; j < p->intervals; j++) PetscCall(AdvanceInterval(&k, j, M, V, lambda, variance));
  PetscCall(PetscFree3(lambda, k.u, k.h));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, variance, M, MPI_DOUBLE, MPI_SUM, SgdLandscapeComm(p->landscape)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
