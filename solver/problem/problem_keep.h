/* What a problem's preparation found, to a checkpoint or from one: training, spectrum and the choice of the slice are
   not done again after a restart. Landscape and models are built anew, from the case. */
#pragma once
#include "solver/problem/problem.h"

PETSC_INTERN PetscErrorCode SgdKeepReferencePoint(SgdProblem *p, SgdCheckpoint c);
PETSC_INTERN PetscErrorCode SgdKeepFrame(SgdProblem *p, SgdCheckpoint c);
PETSC_INTERN PetscErrorCode SgdKeepGrid(SgdProblem *p, SgdCheckpoint c);
