/* Slices of a landscape that is known in a box only (a file): the default extent is that box, and a case that asks for
   more is refused. */
#pragma once
#include "meshes/frame.h"
#include "meshes/slice.h"

/* Clip `need` to what is known, where the extent is automatic; warn if the prediction reaches further. Exit 2 where the
   case's own slice.min, slice.max do. Nothing is done for landscapes known everywhere. */
PETSC_INTERN PetscErrorCode SgdDomainApply(SgdCase c, const SgdSliceOptions *o, SgdLandscape l, SgdFrame frame,
                                           SgdSliceNeed *need);
