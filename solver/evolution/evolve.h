/* One model's density in time: a PETSc TS with the model's own options prefix, advanced in segments to common steps.
   Maps use TSSGDMAP; generators an exponential without time-stepping error: TSSGDUNIFORM, positive by construction, or
   TSSGDCHEBYSHEV, positive to rounding. -<model>_ts_type takes either, or a stock implicit integrator (rosw:
   Rosenbrock-W of order 3, L-stable, adaptive; not positive by construction) with linear solves that conserve mass to
   rounding (conservative_solve.h). */
#pragma once
#include "solver/restart/checkpoint.h"
#include "solver/evolution/leap.h"
#include "solver/measures/step_moments.h"
#include "solver/restart/watch.h"

typedef struct _p_SgdEvolution *SgdEvolution;

/* y0 is copied. */
PETSC_INTERN PetscErrorCode SgdEvolutionCreate(SgdModel model, SgdGrid grid, double learning_rate, Vec y0,
                                               SgdEvolution *e);
/* Which integrator a generator is given, and what that promises, in words. */
PETSC_INTERN PetscErrorCode SgdEvolutionView(SgdEvolution e);
/* What is checked between two steps: signals, checkpoints, progress (NULL: nothing). */
PETSC_INTERN void SgdEvolutionWatch(SgdEvolution e, SgdWatch *watch);
/* Note the moments wherever it stands, as those of model m, in steps counted from `from`. s outlives it. */
PETSC_INTERN void SgdEvolutionRecord(SgdEvolution e, SgdStepMoments s, int m, PetscInt from);
/* Advance to SGD step n (tau = eta n), or until the watch says pause; the same call goes on from there, and gives the
   same as without the pause. */
PETSC_INTERN PetscErrorCode SgdEvolutionAdvance(SgdEvolution e, PetscInt step);
/* SGD steps done. */
PETSC_INTERN double SgdEvolutionStep(SgdEvolution e);
/* Density, step and all that the integrator remembers, to a checkpoint or from it under the name `name`. */
PETSC_INTERN PetscErrorCode SgdEvolutionCheckpoint(SgdEvolution e, SgdCheckpoint c, const char *name);
/* From here on leap by slow modes wherever they hold the density (leap.h); o->eigenpairs 0: step. The modes are
   computed at the first advance by SGD_LEAP_LEAST steps or more. o and grid outlive the evolution. */
#define SGD_LEAP_LEAST 200
PETSC_INTERN PetscErrorCode SgdEvolutionLeaps(SgdEvolution e, SgdGrid grid, const SgdLeapOptions *o);
PETSC_INTERN Vec SgdEvolutionState(SgdEvolution e);
PETSC_INTERN PetscErrorCode SgdEvolutionDestroy(SgdEvolution *e);
