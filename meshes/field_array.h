/* Arrays of one value a cell that a loop reads side by side. What the C library gives for a large array begins at the same
   place of a memory page each time; on grids with a power of two of cells all of a loop's arrays then compete for the
   same few lines of the cache, which has eight: a step of the discrete Fokker-Planck map at 2048^2 takes 1.3 times as
   long. So each array begins a few cache lines further into its page than the one before. */
#pragma once
#include "cases/base/base.h"

/* *x [n], not set. Not collective. */
PETSC_INTERN PetscErrorCode SgdFieldArrayCreate(PetscInt n, double **x);
/* Does nothing to NULL, and sets *x to NULL. */
PETSC_INTERN PetscErrorCode SgdFieldArrayDestroy(double **x);
