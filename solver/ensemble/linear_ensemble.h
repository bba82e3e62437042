/* The random linear model sampled along the mean path: with the batch b of each step

     delta' = delta - eta [ H_b(wbar_n) delta + grad l_b(wbar_n) - g(wbar_n) ],   delta_0 = 0,

   SGD as it would be if every sample's loss were quadratic about the path. Between this and the closures lies nothing but
   sampling; between this and the network what the losses are beyond their quadratic parts. Its batches may follow any
   law, so it is also the prediction for batches of an epoch, at its end and within it, for which no closure of
   independent steps holds. */
#pragma once
#include "operators/linearised/path.h"
#include "solver/ensemble/trajectories.h"

/* `count` trajectories, recorded at half of the steps and at the end along V [modes][P]. Batches are those of the plain
   ensemble with the same seed. Sample landscapes. Collective. */
PETSC_INTERN PetscErrorCode SgdLinearEnsembleRun(SgdPath path, PetscInt batch, SgdDrawLaw law, int count, int seed,
                                                 int modes, const double *V, SgdEnsemble *ensemble);
