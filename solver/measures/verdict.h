/* Does the grid carry the density? Measured at every output step for every model, and judged: ok, marginal or poor. */
#pragma once
#include "meshes/fields.h"
#include "operators/models/model.h"
#include "solver/measures/certificate.h"
#include "solver/measures/moments.h"
#include "solver/measures/trust.h"

typedef enum { SGD_RESOLUTION_OK, SGD_RESOLUTION_MARGINAL, SGD_RESOLUTION_POOR, SGD_RESOLUTION_FAILED } SgdResolution;
PETSC_INTERN const char *const SgdResolutionNames[];

/* What is judged. */
typedef enum {
  SGD_JUDGED_NOISE,
  SGD_JUDGED_TAIL,
  SGD_JUDGED_NEGATIVE,
  SGD_JUDGED_BAND,
  SGD_JUDGED_ADDED,
  SGD_JUDGED_ALIASING,
  SGD_JUDGED_STEP,
  SGD_JUDGED
} SgdJudged;

typedef struct {
  double noise[3];      /* smallest standard deviation of one step's noise on the support, in cells of the axis */
  double tail[3];       /* L2 share of the density in the upper third of the axis' wave numbers (wave_numbers.h) */
  double negative_mass; /* minus the sum of the negative cells */
  double beyond_band;   /* L2 share beyond the stable band at the mean; not a number for models without one */
  double aliasing;      /* share of the density that a step stretches faster than its noise fills (aliasing.h) */
  double added[3];      /* variance that the fluxes add, over that of the step noise, in the mean over the density */
  SgdCertificate step;  /* one step's first two moments against the model's own equation */
  SgdResolution part[SGD_JUDGED], all; /* each alone, and the worst of them */
  SgdFailure failure;                  /* all is then failed; the figure that decided: */
  double failure_value;
} SgdVerdict;

/* fields: with the noise of the step just taken, whose learning rate is eta; m: moments of y. Where a step from y cannot be
   computed, or misses the moments of the model's own equation grossly, the model has failed (v->failure). Collective. */
PETSC_INTERN PetscErrorCode SgdVerdictCompute(SgdModel model, SgdFields fields, double eta, Vec y, const SgdMoments *m,
                                              SgdVerdict *v);

/* Warn of what is not ok, once per model and kind, and once more where marginal has become poor: warned is the model's
   own, zero at first, and keeps what was said. when: of which density, as "step 40". */
PETSC_INTERN PetscErrorCode SgdVerdictWarn(MPI_Comm comm, int dim, const char *model, const char *when,
                                           const SgdVerdict *v, unsigned *warned);
