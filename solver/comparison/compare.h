/* All models' densities advanced together to common output steps, measured and written as they come. */
#pragma once
#include "solver/measures/history.h"
#include "solver/problem/problem.h"

/* folder: where the files go. Stops with exit 3 where the mass budget of a model is not kept. Free the history with
   SgdHistoryFree. */
PETSC_EXTERN PetscErrorCode SgdCompareRun(SgdProblem *p, const char *folder, int argc, char **argv, SgdHistory *h,
                                          double seconds[]);
PETSC_EXTERN PetscErrorCode SgdHistoryFree(SgdHistory *h);
