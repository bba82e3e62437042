/* What replicas of the coupled closure make together: means, covariances, and their standard errors. */
#pragma once
#include "cases/base/base.h"

/* What replicas give; NULL where it is not wanted. */
typedef struct {
  double *variance, *error; /* [M] mean over the replicas, and its standard error; both wanted */
  double *each;             /* [replicas][M] */
  double *cov, *cov_error;  /* [M][M] covariances between the rows, eta^2 sum_k u_k^T C_k u'_k; both or none */
} SgdPathReplicas;

/* mean and its standard error over the replicas of each [replicas][M]. */
PETSC_INTERN void SgdReplicasAverage(int replicas, int M, const double *each, double *mean, double *error);

/* Every replica's covariances by themselves, and the sums of them and of their squares. */
typedef struct {
  int M;
  double *one, *sum, *square; /* [M][M]; one NULL: not wanted */
} SgdReplicaCovariances;

PETSC_INTERN PetscErrorCode SgdReplicaCovariancesCreate(const SgdPathReplicas *out, int M, SgdReplicaCovariances *c);
/* A replica begins with none, and ends by joining the others. */
PETSC_INTERN void SgdReplicaCovariancesBegin(SgdReplicaCovariances *c);
PETSC_INTERN void SgdReplicaCovariancesEnd(SgdReplicaCovariances *c);
/* The sums over all ranks of comm to mean and standard error. Collective. */
PETSC_INTERN PetscErrorCode SgdReplicaCovariancesFinish(SgdReplicaCovariances *c, int replicas, MPI_Comm comm);
