/* Leaps over long horizons (THEORY.md (63), (64)): once a density lies in the span V of the slow eigenvectors, n
   further steps cost nothing, p_n = sum_i c_i mu_i^n v_i, and the ledger takes what the modes lose by the geometric
   sums.

   The error is bounded. With p = V c + r and B V = V M + E,
     p_n = V M^n c + B^n r + sum_{j<n} B^{n-1-j} E M^j c,
   and a map without negative entries makes no 1-norm larger, so that
     |error|_1 <= |r|_1 + sum_i |E_i|_1 |c_i| sum_{j<n} |mu_i|^j.
   The leading eigenvalue is taken from the ledger, mu_1 = 1 - (what v_1 loses a step)/(its mass): then E_1 holds no
   mass, and decays like the second mode instead of adding up for ever. */
#pragma once
#include "solver/long_time/eigenpairs.h"

typedef struct {
  int eigenpairs;   /* slow modes kept; 0: no leaps */
  double tolerance; /* largest 1-norm of what the modes do not hold */
} SgdLeapOptions;

typedef struct _p_SgdLeap *SgdLeap;

/* Section `leaps` of the case. */
PETSC_INTERN PetscErrorCode SgdLeapRead(SgdCase c, SgdLeapOptions **o);
PETSC_INTERN PetscErrorCode SgdLeapCreate(SgdModel model, SgdGrid grid, double learning_rate, const SgdLeapOptions *o,
                                          SgdLeap *leap);
PETSC_INTERN PetscErrorCode SgdLeapDestroy(SgdLeap *leap);
/* Steps after which the fastest mode kept has decayed by a factor of ten: a good time to try (again). */
PETSC_INTERN PetscInt SgdLeapPause(SgdLeap leap);
/* What the modes cost: applications of the model's operator; of an assembled generator, linear solves. */
PETSC_INTERN PetscInt SgdLeapApplications(SgdLeap leap);
PETSC_INTERN int SgdLeapModes(SgdLeap leap);
/* Move the state y by n steps if the modes hold it (*done), else leave it. residual[0]: the 1-norm of what they do not
   hold; residual[1]: what the eigenpairs' own residuals may add up to over n steps (0 where nothing was done). */
PETSC_INTERN PetscErrorCode SgdLeapTry(SgdLeap leap, Vec y, PetscInt n, PetscBool *done, double residual[2]);
