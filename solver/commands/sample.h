/* The command sample: the ensemble of trajectories beside its predictions, with checkpoints. */
#pragma once
#include "solver/commands/commands.h"
#include "solver/modes/mode_covariance.h"
#include "solver/problem/reference.h"

/* The ensemble of section `trajectories`, recorded along the modes: from the start, or on from work->from (which it
   closes). Checkpoints go to work->folder. */
PETSC_INTERN PetscErrorCode SgdSampleRun(SgdWork *work, const SgdReference *r, SgdModes *modes, SgdEnsemble *e);
/* The same by the growing ensemble (trajectories.method): the modes' rows and their covariance. */
PETSC_INTERN PetscErrorCode SgdSampleGrowing(SgdWork *work, const SgdReference *r, SgdModes *modes,
                                             SgdModeCovariance *c);
/* Spectrum (without its eigenvectors) and predicted modes from a checkpoint: they need not be computed again. */
PETSC_INTERN PetscErrorCode SgdSampleRestart(SgdCheckpoint from, SgdReference *r, SgdModes *modes);
