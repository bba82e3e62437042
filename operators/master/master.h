/* The ways to build the master equation's one-step map, shared by model_master.c (THEORY.md (11)). */
#pragma once
#include "operators/noise/law_expansion.h"

typedef struct {
  SgdModelCommon common;
  char *law;         /* auto | exact | a name of step_law.h */
  char *method;      /* auto | dense | splat | spread | remesh */
  double truncation; /* splat: tail of the Gaussian that is cut, relative */
  double tolerance;  /* spread: error of the characteristic function of a step's density; 0: automatic */
  double shape, rate, alpha;
  char *table;
} SgdMasterOptions;

/* Read item `section` into m->options (SgdMasterOptions), with `law` where the case names none. For models that build
   on the map. */
PETSC_INTERN PetscErrorCode SgdMasterRead(SgdModel m, SgdCase c, const char *section, const char *law);
/* Build m->A, the one-step map, from m->options, and report its resolution. */
PETSC_INTERN PetscErrorCode SgdMasterSetUp(SgdModel m);
/* The law that `auto` stands for; says why. Collective. */
PETSC_INTERN PetscErrorCode SgdMasterAutomaticLaw(SgdModel m, const char *method, const char **name);
/* Build m->A for a law by `method`; `auto` in more than one dimension: spreading, if few terms do, else a splat for the
   Gaussian law. *built is false, and nothing is made, where law `auto` tried the exact law and it takes too many terms.
   Collective. */
PETSC_INTERN PetscErrorCode SgdMasterBuild(SgdModel m, const char *method, SgdNoiseLaw law, PetscBool *built);
/* One dimension, any law: dense columns by the characteristic function. `exact`: the landscape's own law, else Gaussian
   with the same covariance. On return *law says in words what was used. */
PETSC_INTERN PetscErrorCode SgdMasterDense(SgdModel m, PetscBool exact, const char **law);
/* The same with a given law. */
PETSC_INTERN PetscErrorCode SgdMasterDenseLaw(SgdModel m, SgdNoiseLaw law);
/* Any dimension, any law: spread + FFT to a tolerance. Where the law depends on the place, by the terms of
   law_expansion.h; *terms is what it took, 0 if that was not enough (then m->A is not made), *error what those terms,
   or the most allowed, leave. The law is needed during set-up only. */
PETSC_INTERN PetscErrorCode SgdMasterSpread(SgdModel m, SgdNoiseLaw law, const SgdLawAccuracy *accuracy, int *terms,
                                            double *error);
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
