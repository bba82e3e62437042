/* summary.json: a run in one page for programs: final moments and distances, regimes, resolution, timings. */
#pragma once
#include "solver/measures/history.h"
#include "solver/problem/problem.h"

PETSC_EXTERN PetscErrorCode SgdSummaryWrite(SgdProblem *p, const SgdHistory *h, const double seconds[],
                                            const char *folder);
