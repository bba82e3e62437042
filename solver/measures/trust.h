/* Can a density's numbers be trusted at all? Where not, the model has failed: it is marked with the reason, and not
   taken further. */
#pragma once
#include "operators/models/model.h"
#include "solver/measures/moments.h"
#include "solver/settings/schedule.h"

typedef enum {
  SGD_TRUSTED,
  SGD_FAILED_FINITE,   /* mass or ledger is not a finite number */
  SGD_FAILED_BUDGET,   /* mass + outflow differs from one by more than rounding */
  SGD_FAILED_RETURN,   /* faces gave back mass that had never left: more than one in the box */
  SGD_FAILED_NEGATIVE, /* half of the mass and more is in negative cells */
  SGD_FAILED_VARIANCE, /* a variance is negative */
  SGD_FAILED_STEP, /* one step misses the moments of the model's own equation by more than ten times the density's spread */
  SGD_FAILED_STOPPED, /* its step could not be computed; what the step said is the reason */
  SGD_FAILED_SETUP    /* it could not be set up; what that said is the reason */
} SgdFailure;

/* What rounding may add up to in mass + outflow after so many steps (THEORY.md (48)): each product with a state vector
   rounds every cell's mass once a term, so it moves the sum of t terms by at most about eps t and, as it has no bias,
   that of P products by eps t sqrt(P). A map is one product a step; the exponential of a generator L over a step of
   tau = eta takes up to P = eta max |L_jj|. t = 16 + log2(cells). Pieces of the schedule before `piece`, whose
   model this is, count by their own eta and batch. On top 1e-12 for the initial density. Collective. */
PETSC_INTERN PetscErrorCode SgdMassBudget(SgdModel model, SgdGrid grid, const SgdSchedule *s, int piece, PetscInt step,
                                          double *budget);
/* *value: the figure that decided. */
PETSC_INTERN SgdFailure SgdTrustJudge(const SgdMoments *m, int dim, double budget, double *value);
/* "mass + outflow differs from 1 by 1e-6", into text. */
PETSC_INTERN PetscErrorCode SgdFailureText(SgdFailure failure, double value, char *text, size_t size);
