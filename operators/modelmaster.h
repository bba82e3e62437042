/* The ways to build the master equation's one-step map, shared by model_master.c (NUMERICS 4). */
#pragma once
#include "noise_law.h"

typedef struct {
  SgdModelCommon common;
  char *law;         /* auto | exact | a name of step_law.h */
  char *method;      /* auto | dense | splat | spread | remesh */
  double truncation; /* splat: tail of the Gaussian that is cut, relative */
  double tolerance;  /* spread: error of the characteristic function of a step's density */
  double shape, rate, alpha;
  char *table;
} SgdMasterOptions;

/* Read item `section` into m->options (SgdMasterOptions), with `law` where the case names none. For models that build
   on the map. */
PETSC_INTERN PetscErrorCode SgdMasterRead(SgdModel m, SgdCase c, const char *section, const char *law);
/* Build m->A, the one-step map, from m->options, and report its resolution. */
PETSC_INTERN PetscErrorCode SgdMasterSetUp(SgdModel m);
/* One dimension, any law: dense columns by the characteristic function. `exact`: the landscape's own law, else Gaussian
   with the same covariance. On return *law says in words what was used. */
PETSC_INTERN PetscErrorCode SgdMasterDense(SgdModel m, PetscBool exact, const char **law);
/* The same with a given law. */
PETSC_INTERN PetscErrorCode SgdMasterDenseLaw(SgdModel m, SgdNoiseLaw law);
/* Any dimension, any law: spread + FFT to a tolerance. Where the law depends on the place, with at most `most` terms of
   law_expansion.h; *terms is what it took, 0 if that was not enough (then m->A is not made). The law is needed during
   set-up only. */
PETSC_INTERN PetscErrorCode SgdMasterSpread(SgdModel m, SgdNoiseLaw law, double tolerance, int most, int *terms);
/* Any dimension, Gaussian noise with full state-dependent covariance: a Gaussian splat from each cell. */
PETSC_INTERN PetscErrorCode SgdMasterSplat(SgdModel m, double radius);
/* Any dimension, Gaussian noise with full state-dependent covariance that may be narrower than a cell or zero: a tensor
   Gauss-Hermite rule, its atoms remeshed. Moments of a step below the sixth are kept to rounding, away from faces. */
PETSC_INTERN PetscErrorCode SgdMasterRemesh(SgdModel m);
/* What the steps of such a map cost this rank. */
typedef struct {
  int steps;
  double spread_seconds; /* in the spreading loop, all steps */
  double flops;          /* of one source in that loop */
  double bytes;          /* held by the map, all ranks */
} SgdSpreadStatistics;
PETSC_INTERN PetscErrorCode SgdMasterSpreadStatistics(Mat A, SgdSpreadStatistics *statistics);
