#include "operators/linearised/path_diagonal.h"
#include "cases/base/blas.h"

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

PetscErrorCode SgdPathDiagonal(SgdPath p, PetscInt batch, SgdSampling sampling, int M, const double *V,
                               double *variance) {
  const MPI_Comm comm = SgdLandscapeComm(p->landscape);
  const double eta = p->eta, scale = eta * eta * SgdLandscapeBatchFactor(p->landscape, batch, sampling);
  PetscMPIInt rank, size;
  double *lambda;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1(M, &lambda));
  PetscCall(PetscArrayzero(variance, M));
  for (int j = 0; j < p->intervals; j++) {
    const double *w = p->w + (size_t)j * (size_t)p->P;
    PetscCall(Curvatures(p, w, M, V, lambda));
    for (int m = rank; m < M; m += size) {
      double D, Gamma, both;
      PetscCall(SgdLandscapeModeNoise(p->landscape, w, V + (size_t)m * (size_t)p->P, &D, &Gamma, &both));
      for (int n = SgdPathFirst(p, j); n < SgdPathFirst(p, j + 1); n++)
        variance[m] = (PetscSqr(1 - eta * lambda[m]) + scale * Gamma) * variance[m] + scale * D;
    }
  }
  PetscCall(PetscFree(lambda));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, variance, M, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
