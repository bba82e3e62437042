/* The law of one more step of every member of an ensemble, on the axes of the slice: its mean and covariance, integrated
   over the minibatch instead of drawn.

   Closed forms, and where as many samples are asked for as there are: a - eta g(w) and eta^2 C(w), exactly. Else from n_b
   single gradients q_i drawn as a batch of that size is: mean a - eta qbar, covariance eta^2 s^2 (f(B) - f(n_b)), f the
   factor from one draw to a batch (1/B with replacement). qbar scatters by eta^2 C1 f(n_b) itself, so the ensemble of
   these Gaussians has the covariance of the step, without bias.

   Where the exact law is asked for (one axis, landscapes on samples), besides its waves, from all samples. */
#pragma once
#include "solver/ensemble/batch_waves.h"
#include "solver/ensemble/growing.h"

typedef struct {
  int count, dim;
  double *centre; /* [count][d], displacement from w_ref along the axes */
  double *cov;    /* [count][pairs], upper triangle by rows */
  SgdBatchWaves waves;
  int first, local;     /* the members of this rank */
  double _Complex *phi; /* [local][waves.modes] of the exact law about its mean; NULL: not asked for */
  double *wider;        /* [local] variance that the cells ask for besides */
} SgdLastStep;

/* The members are at step n, and stay there; the law is that of step n + 1, the same on every rank. Exit 3 where a member
   is no longer finite. waves: those of the exact law, NULL: not asked for. Collective. */
PETSC_INTERN PetscErrorCode SgdLastStepCompute(SgdGrowing growing, const SgdGrowingContext *context,
                                               const SgdBatchWaves *waves, SgdLastStep *s);
/* Single gradients that a member's law takes at batch size B. */
PETSC_INTERN PetscInt SgdLastStepSamples(const SgdGrowingContext *context, PetscInt batch);
PETSC_INTERN PetscErrorCode SgdLastStepFree(SgdLastStep *s);
