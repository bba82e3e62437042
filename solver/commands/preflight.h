/* Before any work: every place that will be written can be. */
#pragma once
#include "solver/commands/sections.h"

/* Make the folder (a restart's is there) and lock it (output/lock.h); try reference_point.save and spectrum.file. Exit
   4, naming what cannot be written and why. Collective. */
PETSC_INTERN PetscErrorCode SgdPreflight(const SgdSections *s, const char *folder, const char *restart);
