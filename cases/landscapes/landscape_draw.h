/* Gradients of single SGD steps, as a trajectory sees them: of a batch of samples where the landscape has data, else
   the mean gradient plus Gaussian noise of covariance C1(w)/B (exact for Gaussian families, labelled so for others). */
#pragma once
#include "cases/noise/batch_draw.h"
#include "cases/landscapes/landscape.h"

typedef struct _p_SgdLandscapeDraw *SgdLandscapeDraw;

PETSC_EXTERN PetscErrorCode SgdLandscapeDrawCreate(SgdLandscape l, PetscInt batch, SgdDrawLaw law, int seed,
                                                   SgdLandscapeDraw *draw);
/* g [P] at w for step `step` of a trajectory; pure function of its arguments and the seed. Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeDrawGradient(SgdLandscapeDraw draw, PetscInt trajectory, PetscInt step,
                                                     const double *w, double *g);
PETSC_EXTERN PetscErrorCode SgdLandscapeDrawDestroy(SgdLandscapeDraw *draw);
