/* `check: {error: true}`: the same run on half the cells per axis, step for step, and from the difference the error of
   every moment and density at every output step (measures/error_estimate.h), in errors.csv. */
#pragma once
#include "solver/measures/error_estimate.h"
#include "solver/restart/checkpoint.h"
#include "solver/evolution/leap.h"
#include "solver/problem/models.h"
#include "solver/restart/watch.h"

typedef struct _p_SgdErrorCheck *SgdErrorCheck;

/* fine: the models of the schedule's first piece, on an even number of cells per axis; it and the leaps outlive this.
 */
PETSC_INTERN PetscErrorCode SgdErrorCheckCreate(const SgdModels *fine, const SgdLeapOptions *leaps, const char *folder,
                                                SgdErrorCheck *check);
/* What is checked between two steps: signals, checkpoints, progress. */
PETSC_INTERN void SgdErrorCheckWatch(SgdErrorCheck check, SgdWatch *watch);
/* The half run to this step, or until the watch says pause; the same call then goes on. */
PETSC_INTERN PetscErrorCode SgdErrorCheckAdvance(SgdErrorCheck check, PetscInt step);
/* The half run must be at this step. y, m [models]: densities and moments at this step; errors [models]: the estimates.
 */
PETSC_INTERN PetscErrorCode SgdErrorCheckStep(SgdErrorCheck check, PetscInt step, Vec y[], const SgdMoments m[],
                                              SgdErrors errors[]);
/* The table's rows of a step whose estimates are known: from before a restart. */
PETSC_INTERN PetscErrorCode SgdErrorCheckRow(SgdErrorCheck check, PetscInt step, const SgdErrors errors[]);
/* The half run to a checkpoint or from it. */
PETSC_INTERN PetscErrorCode SgdErrorCheckCheckpoint(SgdErrorCheck check, SgdCheckpoint checkpoint);
/* A line a model, with the last step's estimates. */
PETSC_INTERN PetscErrorCode SgdErrorCheckView(SgdErrorCheck check, const SgdErrors errors[]);
PETSC_INTERN PetscErrorCode SgdErrorCheckDestroy(SgdErrorCheck *check);
