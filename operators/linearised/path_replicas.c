#include "operators/linearised/path_replicas.h"
#include <math.h>

void SgdReplicasAverage(int replicas, int M, const double *each, double *mean, double *error) {
  for (int m = 0; m < M; m++) {
    double square = 0;
    mean[m] = 0;
    for (int r = 0; r < replicas; r++) mean[m] += each[r * M + m] / replicas;
    for (int r = 0; r < replicas; r++) square += PetscSqr(each[r * M + m] - mean[m]);
    error[m] = sqrt(square / ((double)replicas * (replicas - 1)));
  }
}

PetscErrorCode SgdReplicaCovariancesCreate(const SgdPathReplicas *out, int M, SgdReplicaCovariances *c) {
  const size_t size = (size_t)M * (size_t)M;

  PetscFunctionBegin;
  *c = (SgdReplicaCovariances){.M = M, .sum = out->cov, .square = out->cov_error};
  if (!out->cov) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(size, &c->one));
  PetscCall(PetscArrayzero(c->sum, size));
  PetscCall(PetscArrayzero(c->square, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdReplicaCovariancesBegin(SgdReplicaCovariances *c) {
  for (int i = 0; c->one && i < c->M * c->M; i++) c->one[i] = 0;
}

void SgdReplicaCovariancesEnd(SgdReplicaCovariances *c) {
  for (int i = 0; c->one && i < c->M * c->M; i++) {
    c->sum[i] += c->one[i];
    c->square[i] += PetscSqr(c->one[i]);
  }
}

PetscErrorCode SgdReplicaCovariancesFinish(SgdReplicaCovariances *c, int replicas, MPI_Comm comm) {
  const int size = c->M * c->M;

  PetscFunctionBegin;
  if (!c->one) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->sum, size, MPI_DOUBLE, MPI_SUM, comm));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->square, size, MPI_DOUBLE, MPI_SUM, comm));
  for (int i = 0; i < size; i++) {
    c->sum[i] /= replicas;
    c->square[i] = sqrt(PetscMax(0, c->square[i] / replicas - PetscSqr(c->sum[i])) / (replicas - 1));
  }
  PetscCall(PetscFree(c->one));
  PetscFunctionReturn(PETSC_SUCCESS);
}
