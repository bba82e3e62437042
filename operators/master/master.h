/* The ways to build the master equation's one-step map, by any model that is made of it (THEORY.md (11)). */
#pragma once
#include "operators/noise/law_expansion.h"
#include "operators/step/report.h"
#include <petscmat.h>

/* The landscape's own law, the Gaussian one, or another one of step_law.h; auto: what SgdMasterAutomaticLaw says. */
typedef enum { SGD_MASTER_LAW_AUTO, SGD_MASTER_LAW_EXACT, SGD_MASTER_LAW_GAUSSIAN, SGD_MASTER_LAW_NAMED } SgdMasterLaw;
typedef enum {
  SGD_MASTER_AUTO,
  SGD_MASTER_DENSE,
  SGD_MASTER_LEVELS,
  SGD_MASTER_SPLAT,
  SGD_MASTER_SPREAD,
  SGD_MASTER_REMESH
} SgdMasterMethod;
/* Their names, NULL-terminated. */
PETSC_INTERN const char *const SgdMasterMethodNames[];

typedef struct {
  char *law_name, *method_name;
  SgdMasterLaw law; /* what the names stand for */
  SgdMasterMethod method;
  double truncation; /* splat: tail of the Gaussian that is cut, relative */
  double tolerance;  /* spread: error of the characteristic function of a step's density; levels: L1; 0: automatic */
  double shape, rate, alpha;
  char *table;
} SgdMasterOptions;

/* Refuse a law or a method that no step of this plan can have, with the key (exit 2). */
PETSC_INTERN PetscErrorCode SgdMasterFit(const SgdStepPlan *plan, const SgdMasterOptions *options, SgdReport *report);
/* The one-step map A by the law and the method of the options, its resolution among the report's figures. What is only
   needed to build it (the step, the options, the law) need not outlive the call; the fields and their grid must.
   Collective. */
PETSC_INTERN PetscErrorCode SgdMasterMapCreate(const SgdStep *step, const SgdMasterOptions *options, SgdReport *report,
                                               Mat *A);
/* The law that `auto` stands for; notes why. Collective. */
PETSC_INTERN PetscErrorCode SgdMasterAutomaticLaw(const SgdStep *step, const SgdMasterOptions *options,
                                                  SgdReport *report, SgdMasterMethod method, SgdMasterLaw *law);
/* The map for a law by `method`; `auto` in more than one dimension: spreading, if few terms do, else levels for the
   Gaussian law. A is NULL, where law `auto` tried the exact law and it takes too many terms. Collective. */
PETSC_INTERN PetscErrorCode SgdMasterBuild(const SgdStep *step, const SgdMasterOptions *options, SgdReport *report,
                                           SgdMasterMethod method, SgdNoiseLaw law, Mat *A);
/* One dimension, any law: dense columns by the characteristic function. `exact`: the landscape's own law, else Gaussian
   with the same covariance. On return *law says in words what was used. */
PETSC_INTERN PetscErrorCode SgdMasterDense(const SgdStep *step, PetscBool exact, const char **law, Mat *A);
/* The same with a given law. */
PETSC_INTERN PetscErrorCode SgdMasterDenseLaw(const SgdStep *step, SgdNoiseLaw law, Mat *A);
/* Any dimension, any law: spread + FFT to a tolerance. Where the law depends on the place, by the terms of
   law_expansion.h; *terms is what it took, 0 if that was not enough (then A is NULL), *error what those terms, or the
   most allowed, leave. The law is needed during set-up only. */
PETSC_INTERN PetscErrorCode SgdMasterSpread(const SgdStep *step, SgdReport *report, SgdNoiseLaw law,
                                            const SgdLawAccuracy *accuracy, int *terms, double *error, Mat *A);
/* Any dimension, Gaussian noise with full state-dependent covariance: a Gaussian splat from each cell. */
PETSC_INTERN PetscErrorCode SgdMasterSplat(const SgdStep *step, double radius, Mat *A);
/* The same to a tolerance, by levels: fast. *reason is NULL, or says why this form does not serve (then A is NULL).
   Collective. */
PETSC_INTERN PetscErrorCode SgdMasterLevels(const SgdStep *step, SgdReport *report, double tolerance,
                                            const char **reason, Mat *A);
/* Any dimension, Gaussian noise with full state-dependent covariance that may be narrower than a cell or zero: a tensor
   Gauss-Hermite rule, its atoms remeshed. Moments of a step below the sixth are kept to rounding, away from faces. */
PETSC_INTERN PetscErrorCode SgdMasterRemesh(const SgdStep *step, Mat *A);
/* The states of an optimizer (step->rule), Gaussian noise: values of the noise, their images remeshed. Collective. */
PETSC_INTERN PetscErrorCode SgdMasterStates(const SgdStep *step, SgdReport *report, Mat *A);
/* The same with each displacement's Gaussian in its place, of the map's own mean and covariance. Collective. */
PETSC_INTERN PetscErrorCode SgdMasterStatesClosure(const SgdStep *step, Mat *A);
/* What the steps of such a map cost this rank. */
typedef struct {
  int steps;
  double spread_seconds; /* in the spreading loop, all steps */
  double flops;          /* of one source in that loop */
  double bytes;          /* held by the map, all ranks */
} SgdSpreadStatistics;
PETSC_INTERN PetscErrorCode SgdMasterSpreadStatistics(Mat A, SgdSpreadStatistics *statistics);
