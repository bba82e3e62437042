/* Leaps over long horizons (NUMERICS 7): once a density lies in the span of the slow eigenvectors, n further steps cost
   nothing, p_n = sum_i c_i mu_i^n v_i, and the ledger takes what the modes lose by the geometric sums. The distance of
   the density from the span, in the 1-norm, bounds the error (what is left out decays faster still). */
#pragma once
#include "eigenpairs.h"

typedef struct {
  int eigenpairs;   /* slow modes kept; 0: no leaps */
  double tolerance; /* largest 1-norm of what the modes do not hold */
} SgdLeapOptions;

typedef struct _p_SgdLeap *SgdLeap;

/* Section `leaps` of the case. */
PETSC_EXTERN PetscErrorCode SgdLeapRead(SgdCase c, SgdLeapOptions **o);
PETSC_EXTERN PetscErrorCode SgdLeapCreate(SgdModel model, SgdGrid grid, double learning_rate, const SgdLeapOptions *o,
                                          SgdLeap *leap);
PETSC_EXTERN PetscErrorCode SgdLeapDestroy(SgdLeap *leap);
/* Steps after which the fastest mode kept has decayed by a factor of ten: a good time to try (again). */
PETSC_EXTERN PetscInt SgdLeapPause(SgdLeap leap);
/* Move the state y by n steps if the modes hold it (*done), else leave it. *residual: the 1-norm of what they do not
   hold. */
PETSC_EXTERN PetscErrorCode SgdLeapTry(SgdLeap leap, Vec y, PetscInt n, PetscBool *done, double *residual);
