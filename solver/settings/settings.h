/* The run's own sections of the case: sgd, initial, output, compare. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "cases/landscapes/landscape.h"
#include "meshes/update_rule.h"
#include "solver/settings/schedule.h"
#include <stdbool.h>

typedef struct {
  double learning_rate; /* eta */
  int batch_size;
  char *sampling;  /* with_replacement | without_replacement (within a batch) | epoch (without, over an epoch) */
  SgdDrawLaw draw; /* the law of a trajectory's batches: what `sampling` says */
  int steps;
  double weight_decay; /* mu: adds mu w to every gradient */
  SgdUpdateRule rule;  /* of section `optimizer`; its kind is SGD_RULE_SGD where there is none */
  double momentum;     /* beta of the heavy ball; the density then lives in phase space (a, v) of a slice of one axis */
} SgdSgdOptions;

typedef struct {
  double *mean, *std; /* of the initial Gaussian density, slice coordinates; std empty: the noise of one step */
  unsigned mean_count, std_count;
} SgdInitialOptions;

typedef struct {
  int every;  /* steps between outputs; 0: a tenth of the run */
  int *steps; /* further output steps */
  unsigned steps_count;
  double checkpoint; /* seconds between two checkpoints; 0: only when a signal asks */
} SgdOutputOptions;

typedef struct {
  char *reference; /* the model the others are measured against; empty: the first */
} SgdCompareOptions;

typedef struct {
  bool error;      /* repeat the run on half the cells per axis and report the estimated errors */
  bool logarithm;  /* of the maps' one-step matrices (long_time/step_logarithm.h) */
  bool likelihood; /* of the reference's paths under every model (long_time/path_likelihood.h) */
  bool scale;      /* of the last densities as stable laws (measures/stable_fit.h) */
} SgdCheckOptions;

typedef struct {
  SgdSgdOptions *sgd;
  SgdInitialOptions *initial;
  SgdOutputOptions *output;
  SgdCompareOptions *compare;
  SgdCheckOptions *check;
  SgdSchedule schedule; /* learning rate and batch over the steps */
} SgdSettings;

PETSC_INTERN PetscErrorCode SgdSettingsRead(SgdCase c, SgdSettings *s);
PETSC_INTERN PetscErrorCode SgdSettingsFree(SgdSettings *s);
/* The rule of an optimizer that is not plain SGD; else NULL. */
PETSC_INTERN const SgdUpdateRule *SgdSettingsRule(const SgdSgdOptions *o);
/* What a density's state has besides the slice's axes: a velocity, or an optimizer's memory. */
PETSC_INTERN int SgdSettingsMemory(const SgdSgdOptions *o);
/* The law of a single batch: that of an epoch's batches is without_replacement. */
PETSC_INTERN SgdSampling SgdSettingsSampling(const SgdSgdOptions *o);
/* What needs the landscape or the slice: batch against data, lengths of the initial density. */
PETSC_INTERN PetscErrorCode SgdSettingsCheck(SgdCase c, const SgdSettings *s, SgdLandscape l, int dim);
/* The output steps in order, 0 and the last included; free with PetscFree. */
PETSC_INTERN PetscErrorCode SgdSettingsOutputSteps(const SgdSettings *s, int *count, PetscInt **steps);
