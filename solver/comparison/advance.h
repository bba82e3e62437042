/* All models of a problem in time, from one density, across the pieces of the schedule. */
#pragma once
#include "solver/comparison/measured.h"
#include "solver/measures/step_moments.h"
#include "solver/restart/checkpoint.h"
#include "solver/evolution/leap.h"
#include "solver/problem/models.h"
#include "solver/restart/watch.h"

typedef struct _p_SgdAdvance *SgdAdvance;

/* The models are those of the first piece of their schedule, and outlive it, as the leaps do; y0 is copied. */
PETSC_INTERN PetscErrorCode SgdAdvanceCreate(SgdModels *models, const SgdLeapOptions *leaps, Vec y0, SgdAdvance *a);
/* Call `entered` each time that the models and integrators of another piece are in place. */
PETSC_INTERN void SgdAdvanceOnPiece(SgdAdvance a, PetscErrorCode (*entered)(void *context), void *context);
/* The integrators of the present piece, in words. */
PETSC_INTERN PetscErrorCode SgdAdvanceView(SgdAdvance a);
/* What is checked between two steps: signals, checkpoints, progress. */
PETSC_INTERN void SgdAdvanceWatch(SgdAdvance a, SgdWatch *watch);
/* Note the moments of every model that is computed wherever it stands. s outlives it. */
PETSC_INTERN void SgdAdvanceRecord(SgdAdvance a, SgdStepMoments s);
/* Every model to SGD step n, which must not lie behind; or until the watch says pause. The same call then goes on. */
PETSC_INTERN PetscErrorCode SgdAdvanceTo(SgdAdvance a, PetscInt n);
/* Model m is not taken further; its density is not a number from here on. */
PETSC_INTERN PetscErrorCode SgdAdvanceStop(SgdAdvance a, int m);
/* Did a step of model m, or its set-up, end in an error of numbers (exit 3), which is then reported but stops only this
   model? */
PETSC_INTERN PetscBool SgdAdvanceBroken(SgdAdvance a, int m);
/* All of it to a checkpoint or from it, under the group `name`. */
PETSC_INTERN PetscErrorCode SgdAdvanceCheckpoint(SgdAdvance a, SgdCheckpoint c, const char *name);
/* Where the work stands: the model under way (its name), its SGD steps done, and the seconds still to go to the end of
   the schedule by what a step of each model has taken so far (negative: not known yet). */
PETSC_INTERN void SgdAdvanceProgress(SgdAdvance a, const char **model, double *step, double *left);
/* The models' densities [models], the piece of the schedule they are in, and the seconds each has taken [models]. */
PETSC_INTERN SgdMeasured SgdAdvanceMeasured(SgdAdvance a, int m); /* model m as it is measured; NULL: it is computed */
PETSC_INTERN Vec *SgdAdvanceStates(SgdAdvance a);
PETSC_INTERN int SgdAdvancePiece(SgdAdvance a);
PETSC_INTERN const double *SgdAdvanceSeconds(SgdAdvance a);
PETSC_INTERN PetscErrorCode SgdAdvanceDestroy(SgdAdvance *a);
