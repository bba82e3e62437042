/* One run of a sweep: in a folder of its own below the sweep's, with what the command leaves anywhere, and sweep_run.json,
   which says how it ended. */
#pragma once
#include "solver/commands/commands.h"
#include "solver/commands/sweep_plan.h"

#define SGD_SWEEP_ROW "sweep_run.json"

typedef struct {
  int exit, warnings;
  double seconds;
  char command[16];  /* what was done */
  char message[512]; /* of the error, "" if there was none */
  PetscBool found;   /* an earlier sweep did it */
} SgdSweepEnd;

/* Do run number `run` of the plan on the ranks of comm, with `sets` settings besides, unless its sweep_run.json is
   there. An error of the run is in *end; one of the program (exit 1) is returned. Collective on comm. */
PETSC_INTERN PetscErrorCode SgdSweepRun(const SgdWork *sweep, const SgdSweepPlan *plan, int run, int sets,
                                        const char *const set[], MPI_Comm comm, SgdSweepEnd *end);
/* What sweep_run.json of a folder says; end->exit -1: there is none. Collective. */
PETSC_INTERN PetscErrorCode SgdSweepEndRead(MPI_Comm comm, const char *folder, SgdSweepEnd *end);
