/* Solves with (1 - g L) for a generator L on the grid: by a factorisation where that is cheap (SgdSolverDefaults), else by
   GMRES with the grid's own multigrid: linear, constant where that takes too many cycles, and an algebraic one where both do. */
#pragma once
#include "meshes/grid.h"
#include <petscksp.h>

typedef struct _p_SgdShiftedSolve *SgdShiftedSolve;

/* prefix: of the linear solver's options. */
PETSC_INTERN PetscErrorCode SgdShiftedSolveCreate(SgdGrid grid, const char *prefix, SgdShiftedSolve *s);
PETSC_INTERN PetscErrorCode SgdShiftedSolveDestroy(SgdShiftedSolve *s);
/* AIJ on state vectors; referenced. Call again when its numbers have changed. Collective. */
PETSC_INTERN PetscErrorCode SgdShiftedSolveSetSystem(SgdShiftedSolve s, Mat A);
/* Relative tolerance of an iterative solve; one from the options stays. */
PETSC_INTERN PetscErrorCode SgdShiftedSolveSetTolerance(SgdShiftedSolve s, double tolerance);
/* A x = b; exit 3 where there is no solution. Collective. */
PETSC_INTERN PetscErrorCode SgdShiftedSolveApply(SgdShiftedSolve s, Vec b, Vec x);
/* Iterations so far; whether they are of the grid's multigrid. */
PETSC_INTERN PetscBool SgdShiftedSolveCycles(SgdShiftedSolve s, PetscInt *cycles);
