/* Means and variances of an ensemble per mode, with their errors. Trajectories that ran away are left out. */
#pragma once
#include "solver/ensemble/trajectories.h"

typedef struct {
  int count;              /* trajectories that were used */
  double mean, variance;  /* unbiased */
  double error_normal;    /* standard error of the variance if the mode is normal: variance sqrt(2/(T-1)) */
  double error_jackknife; /* ... and by leaving out one trajectory at a time, without that assumption */
} SgdEnsembleMoments;

PETSC_INTERN SgdEnsembleMoments SgdEnsembleMoment(SgdEnsemble e, int record, int mode);
/* Share of the sum of squares about the mean that the 1 % of trajectories farthest from it hold (at least one): 0.07 for a
   normal mode; much more where few trajectories burst. With its jackknife error. */
PETSC_INTERN PetscErrorCode SgdEnsembleBursts(SgdEnsemble e, int record, int mode, double *share, double *error);
/* Variances [groups][modes] at a record with one of `groups` blocks of trajectories left out. */
PETSC_INTERN void SgdEnsembleWithout(SgdEnsemble e, int record, int groups, double *variance);
/* Growth of the variance from one record to a later one, log2(Var_later/Var_earlier), with its jackknife error: from
   half of the steps to all of them a diffusing mode has 1, a saturated one 0. */
PETSC_INTERN void SgdEnsembleGrowth(SgdEnsemble e, int earlier, int later, int mode, double *growth, double *error);
