/* What the work will take, before it is done: a step of every model measured, memory, and what would be cheaper. */
#pragma once
#include "solver/problem/models.h"

/* Seconds a step and in all for `steps` steps of each model, memory a rank, and half the cells an axis in comparison.
   A product of each model's operator with an even density is measured (two where the first sets up a solver); a
   generator's step is as many as uniformisation takes, and the estimate an upper bound. Costs a step or two of each
   model. Collective. */
PETSC_INTERN PetscErrorCode SgdEstimateView(const SgdModels *models, PetscInt steps);
/* Of the fields of a landscape on data, for whose slice the reference point must be trained first: a point measured, the
   points as the section `slice` asks for them; memory a rank (where the section does not give the cells, for each of
   them) and half the cells an axis.
   Collective. */
PETSC_INTERN PetscErrorCode SgdEstimateFields(MPI_Comm comm, SgdLandscape l, const SgdSliceOptions *o);
