/* The three ways to build the master equation's one-step map, shared by model_master.c (NUMERICS 4). */
#pragma once
#include "modelimpl.h"

typedef struct {
  SgdModelCommon common;
  char *law;         /* auto | gaussian | exact */
  double truncation; /* tail of the Gaussian that is cut, relative */
} SgdMasterOptions;

/* One dimension, any law: dense columns by the characteristic function. `exact`: the landscape's own law, else Gaussian
   with the same covariance. On return *law says in words what was used. */
PETSC_INTERN PetscErrorCode SgdMasterDense(SgdModel m, PetscBool exact, const char **law);
/* Any dimension, Gaussian noise with full state-dependent covariance: a Gaussian splat from each cell. */
PETSC_INTERN PetscErrorCode SgdMasterSplat(SgdModel m, double radius);
