/* A periodic axis identifies its two ends: gradient and noise must be the same there, or the density is that of a landscape
   with a jump at the seam that nobody trained on. */
#pragma once
#include "meshes/fields.h"

/* Warn, with the figures, of periodic axes at whose ends the landscape differs by more than a hundredth of its largest values
   in the box. Collective. */
PETSC_INTERN PetscErrorCode SgdSeamCheck(SgdLandscape l, SgdFrame f, SgdFields fields);
