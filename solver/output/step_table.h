/* moments_every_step.csv: model,step,tau,mass,mean_1..,cov_11..: what solver/measures/step_moments.h has kept, complete
   after every output step. Every failure to write is reported with the path (exit code 4). All calls are collective. */
#pragma once
#include "solver/measures/step_moments.h"
#include "solver/settings/schedule.h"

typedef struct _p_SgdStepTable *SgdStepTable;

/* `folder` and `model` [models] exist and outlive the table. schedule NULL: tau = learning_rate n. */
PETSC_INTERN PetscErrorCode SgdStepTableOpen(SgdGrid grid, const char *folder, int models, const char *const *model,
                                             double learning_rate, const SgdSchedule *schedule, SgdStepTable *table);
/* The rows of every model up to `step`, beyond those that are written. */
PETSC_INTERN PetscErrorCode SgdStepTableRows(SgdStepTable table, SgdStepMoments moments, PetscInt step);
PETSC_INTERN PetscErrorCode SgdStepTableClose(SgdStepTable *table);
