/* `check: {scale: true}`: exponent and scale of every model's last density as a symmetric stable law's (measures/stable_fit.h), in stable.csv.
   One axis. */
#pragma once
#include "solver/measures/history.h"
#include "solver/problem/models.h"
#include "solver/settings/settings.h"

/* Exit 2 on a slice of more than one axis; before the work. */
PETSC_INTERN PetscErrorCode SgdStableScalesFit(SgdCase c, const SgdSettings *s, int axes);
/* From density.h5 in the folder; nothing where it is not wanted. Collective. */
PETSC_INTERN PetscErrorCode SgdStableScalesWrite(const SgdModels *models, const SgdSettings *s, const SgdHistory *h,
                                                 const char *folder);
