/* What a model that is measured leaves uncertain: the standard errors of its moments, of every model's distance to it, or
   of its own to the reference, at every output step; in sampling_errors.csv, and in words at the end. */
#pragma once
#include "solver/comparison/advance.h"
#include "solver/measures/history.h"

typedef struct _p_SgdErrorBars *SgdErrorBars;

/* NULL where no model is measured. `folder` and models outlive it. Collective, as all of these. */
PETSC_INTERN PetscErrorCode SgdErrorBarsCreate(const SgdModels *models, const char *folder, SgdErrorBars *s);
/* Where the cells' errors of each model will be, [models], NULL: it is computed; the array is the caller's. */
PETSC_INTERN void SgdErrorBarsCells(const SgdModels *models, SgdAdvance a, Vec cell[]);
/* Output step k of the history: fill its errors, and write their rows. */
PETSC_INTERN PetscErrorCode SgdErrorBarsStep(SgdErrorBars s, SgdAdvance a, SgdHistory *h, int k);
/* The rows of a step whose errors are known: from before a restart. */
PETSC_INTERN PetscErrorCode SgdErrorBarsRow(SgdErrorBars s, const SgdHistory *h, int k);
/* marginal_errors.csv, of the models that are measured: axis,x,model,density,error at the last step. */
PETSC_INTERN PetscErrorCode SgdErrorBarsMarginals(SgdErrorBars s, SgdAdvance a, const SgdHistory *h);
/* The last step's moments and distances with their errors. */
PETSC_INTERN PetscErrorCode SgdErrorBarsView(SgdErrorBars s, const SgdHistory *h);
PETSC_INTERN PetscErrorCode SgdErrorBarsDestroy(SgdErrorBars *s);
