/* One model's density in time: a PETSc TS with the model's own options prefix, advanced in segments to common steps.
   Maps use TSSGDMAP; generators an exponential without time-stepping error (TSSGDUNIFORM, positive by construction, or
   TSSGDCHEBYSHEV), on the finest grids a stock implicit integrator (Rosenbrock-W of order 3, L-stable, adaptive) with
   linear solves that conserve mass to rounding (conservative_solve.h). -<model>_ts_type takes any of them. */
#pragma once
#include "leap.h"

typedef struct _p_SgdEvolution *SgdEvolution;

/* y0 is copied. */
PETSC_EXTERN PetscErrorCode SgdEvolutionCreate(SgdModel model, SgdGrid grid, double learning_rate, Vec y0,
                                               SgdEvolution *e);
/* Advance to SGD step n (tau = eta n). */
PETSC_EXTERN PetscErrorCode SgdEvolutionAdvance(SgdEvolution e, PetscInt step);
/* From here on leap by slow modes wherever they hold the density (leap.h); o->eigenpairs 0: step. The modes are
   computed at the first advance by SGD_LEAP_LEAST steps or more. o and grid outlive the evolution. */
#define SGD_LEAP_LEAST 200
PETSC_EXTERN PetscErrorCode SgdEvolutionLeaps(SgdEvolution e, SgdGrid grid, const SgdLeapOptions *o);
PETSC_EXTERN Vec SgdEvolutionState(SgdEvolution e);
PETSC_EXTERN PetscErrorCode SgdEvolutionDestroy(SgdEvolution *e);
