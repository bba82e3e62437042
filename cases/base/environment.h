/* What acts on a run from outside the case and the command line, told where it does: options in PETSC_OPTIONS and
   PETSc's files, and more threads and ranks on a node than cores for them. */
#pragma once
#include "cases/base/base.h"

/* Lines on rank 0; none where there is nothing to tell. Collective. */
PETSC_EXTERN PetscErrorCode SgdEnvironmentView(MPI_Comm comm);
