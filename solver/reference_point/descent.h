/* Plain SGD on a sample landscape: w <- w - eta G(w), G the mean gradient of `batch` samples drawn with replacement. */
#pragma once
#include "solver/reference_point/kept_training.h"

/* In place, from state->step to its `steps`, kept meanwhile as that says. Slot k of step n draws from the counter (seed, n, k), so the path does not depend on the ranks. Collective;
   rank 0 works, since the steps follow one another. Exit 3 if the loss or the parameters cease to be finite. */
PETSC_INTERN PetscErrorCode SgdDescend(SgdTrainingState *state, double learning_rate, PetscInt batch, int seed,
                                       double *w);
