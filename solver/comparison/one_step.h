/* `check: {logarithm: true, likelihood: true}`: what the dense one-step matrices of all models say of each other, on a slice of one axis.
     logarithm.csv             every map's ln(A)/eta: is it there, and is it a generator
     generators.csv            drift, variance and higher coefficients of each, cell by cell, beside the generators' own
     logarithm_distances.csv   how far each generator's drift and variance are from each map's
     likelihood.csv            log-likelihood of the reference's paths under every model: mean and deviation over paths */
#pragma once
#include "solver/problem/models.h"
#include "solver/settings/settings.h"

/* Exit 2, where the case wants what cannot be had: by the case alone, `axes` of the grid; and once there are models, before
   the work. */
PETSC_INTERN PetscErrorCode SgdOneStepFit(SgdCase c, const SgdSettings *s, int axes, PetscBool follows);
PETSC_INTERN PetscErrorCode SgdOneStepCheck(const SgdModels *models, int reference, const SgdSettings *s);
/* Nothing where neither is wanted. Collective. */
PETSC_INTERN PetscErrorCode SgdOneStepWrite(const SgdModels *models, int reference, const SgdSettings *s,
                                            const char *folder);
