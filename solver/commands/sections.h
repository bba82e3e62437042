/* The whole case: every section read once, by the part that owns it, and checked against the others. */
#pragma once
#include "solver/commands/sweep_plan.h"
#include "solver/ensemble/trajectories.h"
#include "solver/evolution/leap.h"
#include "solver/hessian/spectrum.h"
#include "solver/measures/expect.h"
#include "solver/modes/modes.h"
#include "solver/problem/model_list.h"
#include "solver/reference_point/training.h"
#include "solver/settings/settings.h"
#include "solver/stationary/stationary.h"

/* Commands pass to each stage the parts that it needs. The options belong to the case, which outlives them. */
typedef struct {
  SgdCase kase;
  const char *name;
  SgdSettings settings; /* sgd, initial, output, compare, check, schedule */
  SgdSliceOptions *slice;
  SgdSpectrumOptions *spectrum;
  SgdTrainingOptions *training;
  SgdTrajectoriesOptions *trajectories;
  SgdClosureOptions *closure;
  SgdLeapOptions *leaps;
  SgdStationaryOptions *stationary;
  SgdSweepOptions *sweep;
  SgdExpectations expect;
  SgdModelList models;
  int reference; /* of the models: whom the others are measured against */
  SgdLandscape landscape;
} SgdSections;

/* Read and check all of it, and create the landscape and the models: nothing long is computed. Exit 2 where the case is
   wrong. */
PETSC_INTERN PetscErrorCode SgdSectionsRead(SgdCase c, SgdSections *s);
/* Of the commands that set up models: do models, slice and checks go together? What they would refuse after the reference
   point is trained is refused now (exit 2). */
PETSC_INTERN PetscErrorCode SgdSectionsFit(const SgdSections *s);
PETSC_INTERN PetscErrorCode SgdSectionsFree(SgdSections *s);
