/* What the tables of one_step.h are made of: every model's dense one-step matrix, and the density that the steps start from. */
#pragma once
#include "solver/long_time/path_likelihood.h"
#include "solver/long_time/step_logarithm.h"
#include "solver/problem/models.h"
#include "solver/settings/settings.h"

typedef struct {
  const SgdSettings *s;
  int reference;
  const SgdModels *models;
  const char *folder;
  SgdStepMatrix matrix[SGD_MAX_MODELS]; /* of models that failed: none */
  double *p0, *visits;                  /* [cells] */
  SgdStepLogarithm log[SGD_MAX_MODELS]; /* of maps */
} SgdOneStep;

/* A generator's own drift and variance at every cell: b, S [cells]; NaN where it has none. */
PETSC_INTERN PetscErrorCode SgdOneStepOwn(const SgdOneStep *w, int m, double *b, double *S);
PETSC_INTERN PetscErrorCode SgdOneStepLogarithms(SgdOneStep *w);
PETSC_INTERN PetscErrorCode SgdOneStepLikelihoods(SgdOneStep *w);
