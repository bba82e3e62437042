/* What the closed moments predict on the slice before any density is computed (THEORY.md (54), (57)): mean and
   covariance at every step for SGD and for Langevin; from them the extent and resolution of the grid. */
#pragma once
#include "solver/problem/co_moving.h"
#include "meshes/frame.h"
#include "meshes/slice.h"
#include "solver/settings/settings.h"
#include "meshes/support.h"
#include "solver/problem/reach.h"

typedef struct _p_SgdPrediction {
  int dim, steps;
  double *mean[2], *cov[2]; /* [steps + 1][dim], [steps + 1][dim][dim]; 0: SGD, 1: Langevin */
  double step_noise[3];     /* least standard deviation of a step's noise per axis along the path */
  double std0[3], mean0[3]; /* the initial density */
  SgdReach reach[3];        /* where the closed moments are not to be trusted (reach.h) */
} * SgdPrediction;

/* Mean and deviations of the initial density, [grid's dimension] each: the case's, or a step's noise there. Exit 2 where
   there is none. Collective. */
PETSC_INTERN PetscErrorCode SgdPredictionStart(SgdLandscape l, SgdFrame frame, const SgdSgdOptions *sgd,
                                               const SgdInitialOptions *initial, double mean0[], double std0[]);
/* c: the slice follows the mean path on the pieces of the schedule, and the moments are around it; NULL: frozen.
   Collective; leaves the slice at the reference point. */
PETSC_INTERN PetscErrorCode SgdPredictionCompute(SgdLandscape l, SgdFrame frame, const SgdSgdOptions *sgd,
                                                 const SgdInitialOptions *initial, const SgdSchedule *schedule,
                                                 SgdCoMoving c, SgdPrediction *p);
/* The same of SGD alone; Langevin's are zeros. */
PETSC_INTERN PetscErrorCode SgdPredictionOfSGD(SgdLandscape l, SgdFrame frame, const SgdSgdOptions *sgd,
                                               const SgdInitialOptions *initial, const SgdSchedule *schedule,
                                               SgdCoMoving c, SgdPrediction *p);
/* Look for axes where the loss is not quadratic as far as the prediction reaches, and follow the density there: of a
   frozen slice of a landscape that is known everywhere, without momentum. Collective. */
PETSC_INTERN PetscErrorCode SgdPredictionFollow(SgdPrediction p, const SgdSliceOptions *o, SgdLandscape l, SgdFrame f,
                                                const SgdSgdOptions *sgd, const SgdSchedule *schedule);
/* What was followed, in words; a warning where mass leaves every box. */
PETSC_INTERN PetscErrorCode SgdPredictionViewReach(SgdPrediction p, MPI_Comm comm);
PETSC_INTERN void SgdPredictionNeed(SgdPrediction p, const SgdSliceOptions *o, SgdSliceNeed *need);
/* Where SGD's mass is expected over the horizon. */
PETSC_INTERN void SgdPredictionSupport(SgdPrediction p, SgdSupport *support);
/* The narrowest standard deviation of SGD at the end. */
PETSC_INTERN double SgdPredictionSpread(SgdPrediction p);
PETSC_INTERN PetscErrorCode SgdPredictionDestroy(SgdPrediction *p);

/* How far the mean moves off a frozen slice: |g| at w_ref, and |w_n - w_ref| of plain gradient descent over the
   horizon; warns where that is more than `spread`, the narrowest that the prediction gives. */
PETSC_INTERN PetscErrorCode SgdDriftCompute(SgdLandscape l, SgdFrame frame, const SgdSgdOptions *sgd, double spread,
                                            double *gradient_norm, double *drift);
PETSC_INTERN PetscErrorCode SgdDriftView(MPI_Comm comm, double gradient_norm, double drift, double spread);
