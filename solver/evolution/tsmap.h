/* TS type "sgdmap": SGD is a map, not a flow (THEORY.md (46)). One step of the integrator applies the operator once,
   y_{n+1} = A y_n; the time after n steps is eta n, computed from the integer n. The vector given to TSSetSolution
   holds the density after the step set by TSSetMaxSteps (the way to stop a map), not in between. */
#pragma once
#include <petscts.h>

#define TSSGDMAP "sgdmap"

PETSC_INTERN PetscErrorCode SgdTSMapRegister(void);
/* The map A; call after TSSetType(ts, TSSGDMAP). */
PETSC_INTERN PetscErrorCode SgdTSMapSetOperator(TS ts, Mat A);
/* Copy the state into the vector given to TSSetSolution, after TSSolve has been stopped before max_steps. */
PETSC_INTERN PetscErrorCode SgdTSMapSettle(TS ts);
