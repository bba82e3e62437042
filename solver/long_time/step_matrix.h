/* One step of a model as a dense matrix, for what needs all of it: its logarithm, the likelihood of paths. Slices of one axis. */
#pragma once
#include "operators/models/model.h"

#define SGD_STEP_MATRIX_MOST 800 /* cells */

typedef struct {
  PetscInt n, cells; /* states: cells, then the ledger */
  double *a;         /* [n][n], a[j n + i]: from state j to state i */
} SgdStepMatrix;

/* The map itself; of a generator L the exponential exp(eta L). The whole of it on every rank. Collective. */
PETSC_INTERN PetscErrorCode SgdStepMatrixCreate(SgdModel model, SgdGrid grid, double learning_rate, SgdStepMatrix *m);
PETSC_INTERN PetscErrorCode SgdStepMatrixFree(SgdStepMatrix *m);
/* out = exp(in) or ln(in), n x n each; the logarithm where no eigenvalue is zero or negative. *failed: it did not succeed. */
PETSC_INTERN PetscErrorCode SgdDenseExponential(PetscInt n, const double *in, double *out, PetscBool *failed);
PETSC_INTERN PetscErrorCode SgdDenseLogarithm(PetscInt n, const double *in, double *out, PetscBool *failed);
