/* The far jumps of model levy by FFT, line by line: O(n log n) a line instead of n^2, and no more memory than a few
   densities. */
#pragma once
#include "operators/generators/levy_axis.h"
#include <petscmat.h>

/* A, a shell: `near` (the near jumps and the drift, AIJ; taken over, near is NULL afterwards) and all jumps of more than
   one cell; `rate` is that of jumps by one cell. Composes the part that is a matrix under the name `part`. Collective. */
PETSC_INTERN PetscErrorCode SgdLevyFarJumpsFft(const SgdLevyNoise *noise, double rate, const char *part, Mat *near,
                                               Mat *A);
