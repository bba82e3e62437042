/* What the preparation found, to a checkpoint or from one: training, spectrum and the choice of the slice are not done
   again after a restart. Landscape and models are built anew, from the case. */
#pragma once
#include "meshes/frame.h"
#include "meshes/grid.h"
#include "solver/restart/checkpoint.h"

/* w_ref [P] */
PETSC_INTERN PetscErrorCode SgdCheckpointReferencePoint(SgdCheckpoint c, PetscInt P, double *w_ref);
/* Reading: *frame is created, with its origin at w_ref [P]. */
PETSC_INTERN PetscErrorCode SgdCheckpointFrame(SgdCheckpoint c, PetscInt P, const double *w_ref, SgdFrame *frame);
/* Reading: *grid is created on comm. */
PETSC_INTERN PetscErrorCode SgdCheckpointGrid(SgdCheckpoint c, MPI_Comm comm, SgdGrid *grid);
