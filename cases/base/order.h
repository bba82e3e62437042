/* Places of numbers in order. */
#pragma once
#include "cases/base/base.h"

/* order [n]: the indices of key [n], the largest first, equal ones as they were. */
PETSC_EXTERN PetscErrorCode SgdOrderDescending(PetscInt n, const double key[], PetscInt order[]);
