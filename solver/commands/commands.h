/* The program's commands: each takes the case's sections through the stages that it needs (solver/ARCHITECTURE.md). */
#pragma once
#include "solver/commands/invocation.h"
#include "solver/commands/sections.h"
#include "solver/restart/checkpoint.h"

/* What a run measured, for a program that goes on with it. */
typedef struct {
  SgdHistory history; /* to be freed with SgdHistoryFree */
  int dim;            /* of the grid, its cells and box */
  PetscInt n[3];
  double min[3], max[3];
} SgdResult;

/* What a command works on. */
struct _SgdWork {
  SgdSections *sections;
  const SgdInvocation *invocation;
  const char *folder; /* where the files go */
  SgdCheckpoint from; /* what a restart goes on from; NULL: a fresh start */
  double began;       /* MPI_Wtime when the case was read */
  SgdResult *result;  /* for the library: where a run leaves what it measured; NULL: nobody wants it */
};

/* Do the work of work->invocation->command on sections that are read; how it ended is left in its folder. Collective. */
PETSC_INTERN PetscErrorCode SgdWorkOn(SgdWork *work);
/* Run the command that was asked for, from its case on. */
PETSC_INTERN PetscErrorCode SgdCommand(const SgdInvocation *v);

PETSC_INTERN PetscErrorCode SgdCommandRun(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandSpectrum(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandModes(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandSample(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandStationary(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandSweep(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandCheck(SgdWork *work);
