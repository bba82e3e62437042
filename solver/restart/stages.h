/* Log stages, so that -log_view reads like the architecture: Spectrum, Slice, Models, Step:<model>, Output; and what each
   took, for the line at the end of the work. */
#pragma once
#include "cases/base/base.h"

/* Begin the stage of this name, registering it at its first use; stages may hold others, whose time is theirs. */
PETSC_INTERN PetscErrorCode SgdStagePush(const char *name);
PETSC_INTERN PetscErrorCode SgdStagePop(void);
/* From here on nothing has taken time. */
PETSC_INTERN void SgdStagesAnew(void);
/* One line: the seconds since, and which stage took what share. Collective. */
PETSC_INTERN PetscErrorCode SgdStagesView(MPI_Comm comm);
