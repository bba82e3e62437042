/* A model that is measured, not computed (kind SGD_ENSEMBLE), beside the others of a run: the growing ensemble, its
   density on the run's grid and the errors of that. On a slice that follows the mean path the ensemble walks the landscape
   itself, and is seen from the path: a = V (w_n - wbar_n). */
#pragma once
#include "solver/ensemble/kernel_density.h"
#include "solver/measures/jackknife.h"
#include "solver/problem/models.h"

typedef struct _p_SgdMeasured *SgdMeasured;

/* y0: the density at step 0; what it costs is said. Collective, as all of these. */
PETSC_INTERN PetscErrorCode SgdMeasuredCreate(const SgdModels *models, SgdModel model, Vec y0, SgdMeasured *m);
/* The ensemble as far as the density at step n needs it, n - 1, or until the watch says pause. */
PETSC_INTERN PetscErrorCode SgdMeasuredWalk(SgdMeasured m, PetscInt n, SgdWatch *watch);
/* The density at step n, the ensemble at n - 1 (n = 0: as it was created). */
PETSC_INTERN PetscErrorCode SgdMeasuredDensity(SgdMeasured m, PetscInt n);
PETSC_INTERN PetscInt SgdMeasuredStep(SgdMeasured m);
PETSC_INTERN Vec SgdMeasuredState(SgdMeasured m);
/* The density with its parts and cells' errors; at step 0, where it is known exactly, none: parts 0. */
PETSC_INTERN SgdSampledDensity SgdMeasuredSample(SgdMeasured m);
PETSC_INTERN PetscErrorCode SgdMeasuredCheckpoint(SgdMeasured m, SgdCheckpoint c, const char *name);
PETSC_INTERN PetscErrorCode SgdMeasuredDestroy(SgdMeasured *m);
