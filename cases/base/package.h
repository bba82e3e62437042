/* What -log_view shows of sgdfp beside PETSc's own events. Stages are the parts of a command (solver/restart/stages.h);
   events, below, are what is done in them. A further event: one line here and one in package.c. */
#pragma once
#include "cases/base/base.h"
#include <petsclog.h>

PETSC_EXTERN PetscLogEvent SGD_Training;     /* descent and minimiser to the reference point */
PETSC_EXTERN PetscLogEvent SGD_Spectrum;     /* eigenpairs of the Hessian */
PETSC_EXTERN PetscLogEvent SGD_Density;      /* density of the Hessian's eigenvalues */
PETSC_EXTERN PetscLogEvent SGD_ModeNoise;    /* minibatch noise of the modes */
PETSC_EXTERN PetscLogEvent SGD_Prediction;   /* closed moments on the slice */
PETSC_EXTERN PetscLogEvent SGD_Fields;       /* the landscape on the grid */
PETSC_EXTERN PetscLogEvent SGD_ModelSetUp;   /* operators of the models */
PETSC_EXTERN PetscLogEvent SGD_Step;         /* steps of a model's density; whose: by the stage */
PETSC_EXTERN PetscLogEvent SGD_Leap;         /* slow modes, and leaps by them */
PETSC_EXTERN PetscLogEvent SGD_Moments;      /* moments of a density */
PETSC_EXTERN PetscLogEvent SGD_Distances;    /* distances between two densities */
PETSC_EXTERN PetscLogEvent SGD_Verdict;      /* what the grid makes of a density */
PETSC_EXTERN PetscLogEvent SGD_Output;       /* an output step to the files */
PETSC_EXTERN PetscLogEvent SGD_Checkpoint;   /* a checkpoint to its file */
PETSC_EXTERN PetscLogEvent SGD_Eigenpairs;   /* slow modes of a model */
PETSC_EXTERN PetscLogEvent SGD_Trajectories; /* steps of an ensemble */
PETSC_EXTERN PetscLogEvent SGD_Modes;        /* path-linearised closure */

/* Register them; once, after PETSc is initialised. */
PETSC_EXTERN PetscErrorCode SgdInitializePackage(void);
/* Do what the call does, as the event. An error leaves the event open: it ends the work. */
#define SgdLogged(event, call)                                                                                         \
  do {                                                                                                                 \
    PetscCall(PetscLogEventBegin(event, 0, 0, 0, 0));                                                                  \
    PetscCall(call);                                                                                                   \
    PetscCall(PetscLogEventEnd(event, 0, 0, 0, 0));                                                                    \
  } while (0)
