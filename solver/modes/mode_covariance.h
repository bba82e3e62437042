/* The covariance between the modes: does the eigenbasis of the mean Hessian stay the basis of the spread, as theories that
   take each mode by itself suppose? Measured by an ensemble, with standard errors, beside the coupled closure's. */
#pragma once
#include "solver/ensemble/last_step.h"
#include "solver/modes/modes.h"

typedef struct {
  int modes, count; /* trajectories that were used */
  double *cov;      /* [modes][modes] at the last record, unbiased */
  double *error;    /* [modes][modes] standard errors: of the mean of (x - <x>)(y - <y>) */
  int eigenvectors; /* of them; random directions, which no basis has, are left out below */
  /* root of the sum of squares over i != j */
  double off, off_error;       /* of cov; of its errors: what sampling alone makes of it */
  double diagonal;             /* of the variances */
  double difference, expected; /* of the prediction minus cov, and of what is expected of it if the prediction is right:
                                  off_error, and the scatter of the prediction's own replicas; NaN: no prediction */
  double ratio_error, missed_error; /* jackknife over groups of trajectories, of off over diagonal and of what is missed
                                       of it, both with the expected part taken off */
} SgdModeCovariance;

PETSC_INTERN PetscErrorCode SgdModeCovarianceCompute(SgdModes *modes, SgdEnsemble e, SgdModeCovariance *c);
/* The same from the last step of a growing ensemble, whose `ancestors` head equal runs of s's members: covariance of the
   centres, what the ancestors' mean scatters by, and the mean of the members' covariances; errors by the jackknife over the
   ancestors. Mean, variance and error of each mode go to the rows, with the number of trajectories that know a variance as
   well. */
PETSC_INTERN PetscErrorCode SgdModeCovarianceGrowing(SgdModes *modes, const SgdLastStep *s, int ancestors,
                                                     SgdModeCovariance *c);
PETSC_INTERN PetscErrorCode SgdModeCovarianceView(const SgdModeCovariance *c, MPI_Comm comm);
/* modes_covariance.csv: mode_1,mode_2,covariance,error,correlation,predicted,error_predicted; mode_1 < mode_2. */
PETSC_INTERN PetscErrorCode SgdModeCovarianceWrite(const SgdModeCovariance *c, const SgdModes *modes, MPI_Comm comm,
                                                   const char *folder);
PETSC_INTERN PetscErrorCode SgdModeCovarianceFree(SgdModeCovariance *c);
