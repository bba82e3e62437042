/* The processor that the command runs on, and the instructions its inner loops are compiled for. */
#pragma once
#include "cases/base/base.h"

/* Say both, once; an error of the user (exit 2) where SGDFP_INSTRUCTIONS asks for a set that there is not, or that the
   processor or the program lacks. Collective. */
PETSC_INTERN PetscErrorCode SgdProcessorView(MPI_Comm comm);
