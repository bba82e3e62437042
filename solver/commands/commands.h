/* The program's commands: each takes the case's sections through the stages that it needs (solver/ARCHITECTURE.md). */
#pragma once
#include "solver/commands/invocation.h"
#include "solver/commands/sections.h"
#include "solver/restart/checkpoint.h"

/* What a command works on. */
struct _SgdWork {
  SgdSections *sections;
  const SgdInvocation *invocation;
  const char *folder; /* where the files go */
  SgdCheckpoint from; /* what a restart goes on from; NULL: a fresh start */
  double began;       /* MPI_Wtime when the case was read */
};

/* Run the command that was asked for. */
PETSC_EXTERN PetscErrorCode SgdCommand(const SgdInvocation *v);

PETSC_INTERN PetscErrorCode SgdCommandRun(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandSpectrum(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandModes(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandSample(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandStationary(SgdWork *work);
PETSC_INTERN PetscErrorCode SgdCommandCheck(SgdWork *work);
