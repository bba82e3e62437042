/* The command sample: the ensemble of trajectories beside its predictions, with checkpoints. */
#pragma once
#include "solver/problem/problem.h"

/* The ensemble of section `trajectories`, recorded along the modes: from the start, or on from p->resume (which it
   closes). Checkpoints go to folder. */
PETSC_EXTERN PetscErrorCode SgdSampleRun(SgdProblem *p, const char *folder, SgdModes *modes, SgdEnsemble *e);
/* Spectrum (without its eigenvectors) and predicted modes from p->resume, where they need not be computed again. */
PETSC_EXTERN PetscErrorCode SgdSampleResume(SgdProblem *p, SgdModes *modes);
