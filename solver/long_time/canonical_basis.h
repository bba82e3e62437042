/* Eigenfunctions as the eigenspace alone decides them. A solver hands over any basis of a degenerate eigenspace, with any
   signs, and another one on another number of ranks; fixed probe functions (the coordinates, their products, then waves
   without symmetry) take one basis out of the space: the first function is the projection of the first probe that the
   space is not orthogonal to, the next that of a probe on what is left, and so on. */
#pragma once
#include "meshes/grid.h"

/* v to length 1 without what of it lies along the orthonormal q [n]: Gram and Schmidt, twice. */
PETSC_INTERN PetscErrorCode SgdOrthonormalTo(Vec v, int n, Vec q[]);
/* v [n], independent, on the cells: replaced by that basis, orthonormal, each with a positive product with its probe. */
PETSC_INTERN PetscErrorCode SgdCanonicalBasis(SgdGrid grid, int n, Vec v[]);
/* One complex function v + i w: turned so that its product with the first such probe is real and positive. */
PETSC_INTERN PetscErrorCode SgdCanonicalPhase(SgdGrid grid, Vec v, Vec w);
