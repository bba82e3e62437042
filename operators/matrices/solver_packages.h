/* PETSc on clusters often comes without hypre or MUMPS: what takes their place. */
#pragma once
#include "cases/base/base.h"
#include <petscksp.h>

/* Algebraic multigrid: hypre's BoomerAMG, or, where this PETSc has no hypre, PETSc's own with plain aggregation, which
   is made for matrices that are not symmetric; more iterations. */
PETSC_INTERN PetscErrorCode SgdMultigrid(PC pc);
/* Is pc one of the two? */
PETSC_INTERN PetscErrorCode SgdIsMultigrid(PC pc, PetscBool *multigrid);
/* The package for a sparse factorisation on so many ranks: MUMPS, else SuperLU_DIST, else on one rank PETSc's own; NULL:
   there is none. */
PETSC_INTERN PetscErrorCode SgdFactorisation(PetscMPIInt ranks, const char **package);
