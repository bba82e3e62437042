/* Minimise the loss of a landscape by a Newton-Krylov method with exact Hessian-vector products (TAO). */
#pragma once
#include "solver/reference_point/kept_training.h"

typedef struct {
  double loss, gradient_norm;
  PetscInt iterations;
  const char *reason; /* why it stopped, as text */
} SgdMinimum;

/* From w [P] to a point with |g| <= target, in place; or as near as it gets; kept meanwhile as `state` says. TAO runs on every rank by itself, on
   gradients that are the same bit for bit; only their sums are shared out. Options: -reference_point_tao_*. Collective.
 */
PETSC_INTERN PetscErrorCode SgdMinimise(SgdTrainingState *state, double target, PetscInt max_iterations, double *w,
                                        SgdMinimum *minimum);
