/* The initial density of section `initial`. */
#pragma once
#include "meshes/grid.h"
#include "solver/problem/prediction.h"

/* The Gaussian (p->mean0, p->std0) as a state vector, sampled at the cell centres; a std of 0: a point, on the two cells
   next to it. The samples' sum is exactly one for a resolved Gaussian that lies inside the box; the scaling to one is reported where it is not rounding. Exit 3 where
   the box does not hold it or the cells miss its mean by more than 2 % of its spread, or its variance by 2 %. */
PETSC_INTERN PetscErrorCode SgdInitialDensity(SgdGrid grid, SgdPrediction p, Vec *y0);
