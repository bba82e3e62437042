/* Covariances of the modes with one group of trajectories left out, for the errors of what many pairs make together. */
#pragma once
#include "solver/ensemble/last_step.h"
#include "solver/ensemble/trajectories.h"

#define SGD_MODE_GROUPS 32

/* Sums over the independent units of a group: trajectories, or the ancestors of a growing ensemble with all theirs. */
typedef struct {
  int groups, modes;
  double *n;         /* [groups] units */
  double *x;         /* [groups][modes] of a unit's mean */
  double *xy, *both; /* [groups][modes][modes] of a unit's mean product, and of the product of its means */
} SgdModeGroups;

/* About `mean` [modes], for rounding. At most SGD_MODE_GROUPS groups; 0 where there are fewer than 4 units. */
PETSC_INTERN PetscErrorCode SgdModeGroupsPlain(SgdEnsemble e, const double mean[], SgdModeGroups *g);
PETSC_INTERN PetscErrorCode SgdModeGroupsGrowing(const SgdLastStep *s, int ancestors, const double mean[],
                                                 SgdModeGroups *g);
/* cov [modes][modes] of all groups but `leave`: <xy> - <x><y> + sum (x - <x>)(y - <y>)/(n (n - 1)) */
PETSC_INTERN void SgdModeGroupsWithout(const SgdModeGroups *g, int leave, double *cov);
PETSC_INTERN PetscErrorCode SgdModeGroupsFree(SgdModeGroups *g);
