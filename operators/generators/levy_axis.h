/* The jumps of model levy along one axis (THEORY.md, levy), shared by its two forms: a matrix (model_levy.c) and line by
   line by FFT (levy_fft.h). */
#pragma once
#include "meshes/fields.h"

/* sigma_a^alpha = eta^{alpha-1} s_a^alpha at every place. */
typedef struct {
  SgdFields fields;
  double learning_rate, alpha;
  const double *scale; /* s_a [dim]; NULL: sqrt(C_aa) there */
} SgdLevyNoise;

/* Rates along one axis of unit scale, in units of h^-alpha. */
typedef struct {
  int period;   /* of the offsets on a closed axis; 0: absorbing */
  double *rate; /* absorbing: w_k, k = 0 .. n; closed: by offset, 0 .. period - 1 */
} SgdLevyAxis;

PETSC_INTERN PetscErrorCode SgdLevyAxisCreate(SgdGrid grid, int a, double alpha, SgdLevyAxis *axis);
PETSC_INTERN PetscErrorCode SgdLevyAxisDestroy(SgdLevyAxis *axis);
/* sigma_a^alpha at a held cell. */
PETSC_INTERN double SgdLevyStrength(const SgdLevyNoise *noise, int a, PetscInt held);
