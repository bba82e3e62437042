/* What the two forms of model levy's far jumps share: a matrix (model_levy.c) and line by line by FFT (levy_fft.c). */
#pragma once
#include "operators/models/modelimpl.h"

/* Rates along one axis of unit scale, in units of h^-alpha. */
typedef struct {
  int period;   /* of the offsets on a closed axis; 0: absorbing */
  double *rate; /* absorbing: w_k, k = 0 .. n; closed: by offset, 0 .. period - 1 */
} SgdLevyAxis;

PETSC_INTERN PetscErrorCode SgdLevyAxisCreate(SgdModel m, int a, SgdLevyAxis *axis); /* free `rate` */
PETSC_INTERN double SgdLevyAlpha(SgdModel m);
/* sigma_a^alpha at a held cell */
PETSC_INTERN double SgdLevyStrength(SgdModel m, int a, PetscInt held);
/* m->A (the near jumps and the drift, AIJ, rate `near` of jumps by one cell) becomes a shell that adds the far jumps:
   O(n log n) a line instead of n^2, and no more memory than a few densities. Collective. */
PETSC_INTERN PetscErrorCode SgdLevyFarJumpsFft(SgdModel m, double near);
