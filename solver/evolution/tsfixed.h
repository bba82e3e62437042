/* What our TS types share: steps of fixed length, no nonlinear solver, no adaptivity, one block of data. */
#pragma once
#include <petscts.h>

/* To be called by a type's create function. data belongs to ts; it is freed after `reset` when ts is destroyed. */
PETSC_INTERN PetscErrorCode SgdTSFixed(TS ts, void *data, PetscErrorCode (*setup)(TS), PetscErrorCode (*step)(TS),
                                       PetscErrorCode (*reset)(TS));
