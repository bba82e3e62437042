/* SGD and all its models feel a landscape by its gradient. Where the loss jumps, or changes within less than a cell, the
   gradient at the cells does not say so: the density is then that of the loss without the jump. */
#pragma once
#include "meshes/grid.h"
#include "meshes/frame.h"

/* Warn, by axis, of the largest change of a closed form's loss that its gradient to either side does not explain, along the
   lines through the box's middle. Kinks are explained. Collective. */
PETSC_INTERN PetscErrorCode SgdJumpCheck(SgdLandscape l, SgdFrame f, SgdGrid grid);
