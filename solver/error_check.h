/* `check: {error: true}`: the same run on half the cells per axis, step for step, and from the difference the error of
   every moment and density at every output step (errors.h), in errors.csv. */
#pragma once
#include "errors.h"
#include "problem.h"

typedef struct _p_SgdErrorCheck *SgdErrorCheck;

/* p: with the models of the schedule's first piece. Exit 2 where an axis has an odd number of cells. */
PETSC_EXTERN PetscErrorCode SgdErrorCheckCreate(SgdProblem *p, const char *folder, SgdErrorCheck *check);
/* y, m [models]: densities and moments at this step; errors [models]: the estimates. */
PETSC_EXTERN PetscErrorCode SgdErrorCheckStep(SgdErrorCheck check, PetscInt step, Vec y[], const SgdMoments m[],
                                              SgdErrors errors[]);
/* A line a model, with the last step's estimates. */
PETSC_EXTERN PetscErrorCode SgdErrorCheckView(SgdErrorCheck check, const SgdErrors errors[]);
PETSC_EXTERN PetscErrorCode SgdErrorCheckDestroy(SgdErrorCheck *check);
