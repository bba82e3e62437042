/* An ensemble of trajectories under way (trajectories.h): it can be paused, kept in a checkpoint, and continued on any
   number of ranks, with the same result bit for bit. */
#pragma once
#include "operators/linearised/shares.h"
#include "solver/restart/checkpoint.h"
#include "solver/ensemble/trajectories.h"
#include "solver/restart/watch.h"

typedef struct _p_SgdEnsembleWalk *SgdEnsembleWalk;

/* w_ref and V [modes][P] outlive it; shares NULL, or how the rows of V lie over the ranks: then V [modes][local], and
   records depend on the number of ranks by rounding. Collective, as all of these. */
PETSC_INTERN PetscErrorCode SgdEnsembleWalkCreate(SgdLandscape l, const double *w_ref, const SgdTrajectoriesOptions *o,
                                                  const SgdTrajectoriesStep *step, SgdShares shares, int modes,
                                                  const double *V, SgdEnsembleWalk *walk);
/* To the end, or until the watch says pause; the same call then goes on. */
PETSC_INTERN PetscErrorCode SgdEnsembleWalkOn(SgdEnsembleWalk walk, SgdWatch *watch);
/* All of it to a checkpoint or from it. */
PETSC_INTERN PetscErrorCode SgdEnsembleWalkCheckpoint(SgdEnsembleWalk walk, SgdCheckpoint c);
/* The share of all steps that is done, and the seconds that are left at this pace. */
PETSC_INTERN void SgdEnsembleWalkProgress(SgdEnsembleWalk walk, double *done, double *left);
/* The records of all ranks, on every rank; destroys the walk. */
PETSC_INTERN PetscErrorCode SgdEnsembleWalkFinish(SgdEnsembleWalk *walk, SgdEnsemble *ensemble);
/* All of it in one go: create, walk to the end, finish. */
PETSC_INTERN PetscErrorCode SgdTrajectoriesRun(SgdLandscape l, const double *w_ref, const SgdTrajectoriesOptions *o,
                                               const SgdTrajectoriesStep *step, SgdShares shares, int modes,
                                               const double *V, SgdEnsemble *ensemble);
