/* What the predictions of the modes keep on a rank, known before any work. */
#pragma once
#include "solver/ensemble/trajectories.h"
#include "solver/modes/modes.h"

/* Are the modes' vectors, and the points of the mean path, shared out over the ranks? Where the spectrum's are, unless
   something is asked for whose ranks work by themselves and so need all of each: *whole is its key then, else NULL. */
PETSC_INTERN PetscBool SgdModesShared(const SgdSpectrumOptions *s, const SgdClosureOptions *o,
                                      const SgdTrajectoriesOptions *t, PetscInt P, const char **whole);
/* Bytes on each rank for `modes` vectors of P parameters and `samples` samples: the vectors, the closure's copies of
   them going backwards, the samples' gradients where they are kept, and the points of the mean path. ranks: over which
   they are shared out; 1: whole on each. */
PETSC_INTERN double SgdModesMemory(PetscInt P, PetscInt samples, int modes, int steps, const SgdClosureOptions *o,
                                   int ranks);
/* Exit 2, with the memory that it would take, where that is more than `free` bytes of all nodes together; `whole`: the
   key for which nothing is shared out, or NULL. Collective. */
PETSC_INTERN PetscErrorCode SgdModesCheckMemory(SgdCase c, PetscInt P, PetscInt samples, int modes, int steps,
                                                const SgdClosureOptions *o, PetscBool shared, const char *whole,
                                                double free);
