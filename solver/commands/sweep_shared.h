/* What the runs of a sweep have in common is computed once: the training, where no varied key touches the landscape, the
   reference point or the weight decay; and the eigenpairs, where none touches the spectrum's section either. */
#pragma once
#include "solver/commands/commands.h"
#include "solver/commands/sweep_plan.h"

typedef struct {
  int sets;
  const char **set; /* [sets] for every run: those of the command line, and where the common results are */
  char *owned[8];   /* of these, what is ours to free */
  int own;
} SgdSweepShared;

/* Collective on the sweep's communicator. */
PETSC_INTERN PetscErrorCode SgdSweepShare(const SgdWork *sweep, const SgdSweepPlan *plan, SgdSweepShared *shared);
PETSC_INTERN PetscErrorCode SgdSweepShareFree(SgdSweepShared *shared);
