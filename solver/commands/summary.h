/* summary.json: a run in one page for programs: final moments and distances, regimes, resolution, timings. */
#pragma once
#include "solver/commands/sections.h"
#include "solver/problem/models.h"

PETSC_INTERN PetscErrorCode SgdSummaryWrite(const SgdSections *s, const SgdModels *m, const SgdHistory *h,
                                            const double seconds[], const char *folder);
