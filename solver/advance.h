/* All models of a problem in time, from one density, across the pieces of the schedule. */
#pragma once
#include "problem.h"

typedef struct _p_SgdAdvance *SgdAdvance;

/* p outlives it and has the models of the first piece of its schedule; y0 is copied. */
PETSC_EXTERN PetscErrorCode SgdAdvanceCreate(SgdProblem *p, Vec y0, SgdAdvance *a);
/* Every model to SGD step n, which must not lie behind. */
PETSC_EXTERN PetscErrorCode SgdAdvanceTo(SgdAdvance a, PetscInt n);
/* The models' densities [models], the piece of the schedule they are in, and the seconds each has taken [models]. */
PETSC_EXTERN Vec *SgdAdvanceStates(SgdAdvance a);
PETSC_EXTERN int SgdAdvancePiece(SgdAdvance a);
PETSC_EXTERN const double *SgdAdvanceSeconds(SgdAdvance a);
PETSC_EXTERN PetscErrorCode SgdAdvanceDestroy(SgdAdvance *a);
