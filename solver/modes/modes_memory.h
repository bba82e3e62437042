/* What the predictions of the modes keep on every rank: the modes' vectors are whole there, however the spectrum's are
   shared out, because ranks take whole trajectories and whole replicas of the closure. Known before any work. */
#pragma once
#include "solver/modes/modes.h"

/* Bytes on each rank for `modes` vectors of P parameters and `samples` samples: the vectors, the closure's copies of
   them going backwards, the samples' gradients where they are kept, and the points of the mean path. */
PETSC_INTERN double SgdModesMemory(PetscInt P, PetscInt samples, int modes, int steps, const SgdClosureOptions *o);
/* Exit 2, with the memory that it would take, where that is more than `free` bytes of all nodes together. Collective. */
PETSC_INTERN PetscErrorCode SgdModesCheckMemory(SgdCase c, PetscInt P, PetscInt samples, int modes, int steps,
                                                const SgdClosureOptions *o, double free);
