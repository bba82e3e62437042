/* The second stage: the slice. Its axes, what the closed moments predict on it, and its grid. */
#pragma once
#include "meshes/slice.h"
#include "solver/problem/co_moving.h"
#include "solver/problem/prediction.h"
#include "solver/problem/reference.h"

typedef struct {
  SgdFrame frame;
  SgdCoMoving co_moving; /* NULL: a frozen slice */
  SgdSchedule schedule;  /* the case's; where the slice follows the mean path, cut to the refreshes of its fields */
  SgdPrediction prediction;
  SgdGrid grid;
  double gradient_norm, drift; /* at the reference point; how far the mean moves off it over the horizon */
  double spread;               /* narrowest standard deviation at the end, predicted */
} SgdSliceStage;

/* Refuse (exit 2) by the case alone, before there is a reference point: axes that there are not, and a mean that cannot be
   followed. */
PETSC_INTERN PetscErrorCode SgdSliceStageFit(SgdCase c, const SgdSliceOptions *o, const SgdSettings *settings,
                                             SgdLandscape l);
/* From a checkpoint (NULL: a fresh start) come frame and grid. Collective. */
PETSC_INTERN PetscErrorCode SgdSliceStageCreate(SgdCase c, const SgdSliceOptions *o, const SgdSettings *settings,
                                                const SgdReference *r, SgdCheckpoint from, SgdSliceStage *s);
/* In words: what the path does or the frozen slice drops, and the axes. `refresh`: slice.refresh. */
PETSC_INTERN PetscErrorCode SgdSliceStageView(const SgdSliceStage *s, double learning_rate, int refresh);
/* The constants of the equations: C of one step and D = eta C/2 at the reference point. */
PETSC_INTERN PetscErrorCode SgdSliceStageViewNoise(const SgdSliceStage *s, const SgdReference *r,
                                                   const SgdSgdOptions *sgd);
PETSC_INTERN PetscErrorCode SgdSliceStageDestroy(SgdSliceStage *s);
