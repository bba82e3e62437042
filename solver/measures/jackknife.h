/* Statistical errors of a density that is the mean of independent parts, and of what is computed from it: the jackknife,
     theta_(-g) = theta(y - (q_g - qbar)/(G - 1)),   error^2 = (G - 1)/G sum_g (theta_(-g) - mean)^2,
   over the G parts q_g (B. Efron, C. Stein, Ann. Statist. 9 (1981) 586). Relative error of the error: (2 G)^(-1/2) where
   the parts are normal. */
#pragma once
#include "solver/measures/distances.h"

/* Standard errors. Of a model that is measured: its moments, and noise_l1, the expected int |p - E p|. Of every model:
   its distance to the reference, as far as one of both is measured. */
typedef struct {
  SgdMoments moments;
  SgdDistances distances;
  double noise_l1;
} SgdSamplingErrors;

/* A density with its parts, and the error of each cell. */
typedef struct {
  SgdGrid grid;
  Vec y;
  int parts;
  const Vec *part;
  Vec cell;        /* standard error of the mass in each cell, and */
  double noise_l1; /* what follows from it, both by SgdJackknifeCells */
} SgdSampledDensity;

/* Fill s->cell and s->noise_l1. Collective. */
PETSC_INTERN PetscErrorCode SgdJackknifeCells(SgdSampledDensity *s);
/* Standard error of the marginal density along one axis, [n[axis]], on every rank. */
PETSC_INTERN PetscErrorCode SgdJackknifeMarginal(const SgdSampledDensity *s, int axis, double error[]);
PETSC_INTERN PetscErrorCode SgdJackknifeMoments(const SgdSampledDensity *s, SgdMoments *error);
/* Of the distance between s and `other`; from: is `other` the reference, else s is. */
PETSC_INTERN PetscErrorCode SgdJackknifeDistances(const SgdSampledDensity *s, Vec other, PetscBool from,
                                                  SgdDistances *error);
