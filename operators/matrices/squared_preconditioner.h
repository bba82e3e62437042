/* A preconditioner for a matrix A of about the form 1 + (q X)^2, X a positive second-order operator, by what works for
   second order: with root = 1 + q X, root^2/2 <= A <= root^2 where X and its square commute, so two algebraic multigrid
   cycles on the root, one after the other, leave A with a spectrum in about [1/2, 1]. */
#pragma once
#include "cases/base/base.h"
#include <petscksp.h>

/* Give ksp this preconditioner instead of its own. root: AIJ, must outlive ksp. Options prefix: ksp's and "root_".
   Collective. */
PETSC_INTERN PetscErrorCode SgdPreconditionSquared(KSP ksp, Mat root);
