/* Log stages, so that -log_view reads like the architecture: Spectrum, Slice, Models, Step:<model>, Output. */
#pragma once
#include "cases/base/base.h"

/* Begin the stage of this name, registering it at its first use; end it with PetscLogStagePop. */
PETSC_INTERN PetscErrorCode SgdStagePush(const char *name);
