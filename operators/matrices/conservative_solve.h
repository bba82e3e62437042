/* Linear solves that conserve mass to rounding whatever the solver's tolerance. Where every column of A sums to `sum`
   (the ledger included), one more step of Richardson's iteration, x += (b - A x)/sum, gives sum(x) = sum(b)/sum
   exactly: the sum of A x is `sum` times the sum of x. It is a step of the same linear iteration, not a rescaling of
   the result. */
#pragma once
#include "cases/base/base.h"
#include <petscksp.h>

/* To be called after KSPSolve(ksp, b, x). */
PETSC_EXTERN PetscErrorCode SgdConservativeStep(KSP ksp, Vec b, Vec x, double sum);
/* Defaults for the one-step systems: a sparse direct solve where the grid is small enough (MUMPS; in one
   dimension UMFPACK, on every rank), else GMRES with multigrid
   (solver_packages.h: also without MUMPS, without hypre); then the options with ksp's prefix. Relative tolerance 1e-12.
   A solve without a solution fails with exit code 3, so that it ends its model alone (SgdSolverCheck, after every solve). */
PETSC_EXTERN PetscErrorCode SgdSolverDefaults(KSP ksp, int dim, PetscInt cells);
/* Fails (exit 3) where ksp's last solve has no solution: for whoever sets another KSPSetPostSolve. Collective. */
PETSC_EXTERN PetscErrorCode SgdSolverCheck(KSP ksp);
/* Whether that is the direct one. */
PETSC_INTERN PetscBool SgdSolverIsDirect(int dim, PetscInt cells);
/* On one rank UMFPACK in place of MUMPS, unless the options name a solver or PETSc has none: on a line its solves take a
   hundredth of the time, in the plane a third to the whole of it, and they call no MPI, which gives the processor away
   where other work waits. In the plane its residual can be a little larger: for solves that are refined or estimated. */
PETSC_INTERN PetscErrorCode SgdSolverPreferSequential(KSP ksp);
