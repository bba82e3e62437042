/* The stages that commands have in common, each computed in its own log stage and then viewed. */
#pragma once
#include "solver/commands/commands.h"
#include "solver/problem/models.h"

/* Reference point, then the spectrum where the slice's axes need it or `spectrum` asks for it. */
PETSC_INTERN PetscErrorCode SgdPrepareReference(SgdWork *work, PetscBool spectrum, SgdReference *r);
/* Slice, fields and models. */
PETSC_INTERN PetscErrorCode SgdPrepareModels(SgdWork *work, const SgdReference *r, SgdSliceStage *slice,
                                             SgdModels *models);
/* The first files of new work, in the place of those of earlier work. */
PETSC_INTERN PetscErrorCode SgdBeginFolder(SgdWork *work);
/* The files that hold what is known before the first step; after a restart they are there. slice: NULL if there is
 * none.
 */
PETSC_INTERN PetscErrorCode SgdWriteHead(SgdWork *work, const SgdReference *r, const SgdSliceStage *slice);
