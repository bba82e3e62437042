/* What a sweep says in the end: sweep.csv, one row a run; sweep.h5, the same numbers as arrays over the grid of the keys;
   and sweep.json, the keys and their values in order. */
#pragma once
#include "solver/commands/sweep_plan.h"

/* Write them into `folder` from what the runs left below it: the varied keys, how each run ended, and every number that
   its summary gives of each model ("master.cov_11"). A run that is not done has an empty row. Collective; exit 4. */
PETSC_INTERN PetscErrorCode SgdSweepTableWrite(MPI_Comm comm, const SgdSweepPlan *plan, const char *folder);
