/* losses.csv of `sample`, where samples are held out (landscape.data.test): step, trajectories, then mean over the
   trajectories and its standard error of the training loss, of the loss of the samples held out, and of the share of these
   that is labelled right. */
#pragma once
#include "solver/ensemble/trajectories.h"

/* The table, and its last row in words; nothing where e has no losses. Collective. */
PETSC_INTERN PetscErrorCode SgdEnsembleLossesWrite(SgdEnsemble e, MPI_Comm comm, const char *folder);
