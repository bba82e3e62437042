/* What comes before a slice of a network, before it is done: training, the spectrum, the trajectories of model `network`,
   from a batch's gradient, the whole gradient and a Hessian's product measured where training begins. None of them takes
   longer at one point than at another. */
#pragma once
#include "solver/problem/model_list.h"
#include "solver/reference_point/training.h"
#include "solver/settings/settings.h"

/* For a landscape with samples of its own. Costs some gradients. Collective. */
PETSC_INTERN PetscErrorCode SgdEstimateNetwork(MPI_Comm comm, SgdLandscape l, const SgdTrainingOptions *training,
                                               const SgdSgdOptions *sgd, const SgdModelList *models);
