/* How far the mass goes where the closed moments cannot tell. They take the loss for quadratic along the mean; past the
   edge of stability, around a saddle or beyond the next well their spread means nothing. Then the density itself is
   followed, on each axis's cut through the initial mean (the other coordinates at rest): gradient and covariance at 33
   points, between them straight lines, and the chain of SGD's steps with Gaussian noise on 256 cells; the box grows by
   half wherever a part of the mass above 1e-9 leaves it, and ends where the density's tail holds 1e-12.
   Coupling of the axes is left out, and so is what a step does that is not Gaussian. */
#pragma once
#include "meshes/frame.h"
#include "meshes/slice.h"
#include "solver/settings/settings.h"

typedef struct {
  PetscBool followed, beyond; /* was the cut followed; was the prediction wrong already within three deviations */
  double low, high;           /* where the mass is */
  double left;                /* share that leaves every box that was tried; 0: none */
  int points;                 /* evaluations of the landscape */
} SgdReach;

/* Is the loss quadratic from `mean` to mean +- distance, within a half? g along the axis against its slope at the mean.
   Infinite or lost predictions are not. Collective. */
PETSC_INTERN PetscErrorCode SgdReachQuadratic(SgdLandscape l, SgdFrame f, const double mean[], int axis,
                                              double distance, double small, PetscBool *quadratic);
/* Follow the density of mean0, std0 along `axis`. Collective. */
PETSC_INTERN PetscErrorCode SgdReachFollow(SgdLandscape l, SgdFrame f, const SgdSgdOptions *sgd,
                                           const SgdSchedule *schedule, const double mean0[], double std0, int axis,
                                           SgdReach *reach);
