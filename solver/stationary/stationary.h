/* The command `stationary`: what each model says of long times, without stepping there (THEORY.md (58) - (62)):
   stationary or quasi-stationary density, leak, relaxation times, escape rates, metastable sets, and a certificate; or
   that there is no stationary state. */
#pragma once
#include "solver/long_time/basins.h"
#include "solver/measures/verdict.h"
#include "solver/long_time/passage.h"
#include "solver/problem/models.h"

typedef struct {
  SgdEigenpairsOptions pairs;
} SgdStationaryOptions;

#define SGD_MOST_PASSAGES 16

/* From region to region (section stationary.passages). */
typedef struct {
  char name[64];
  SgdPassage field;
  double steps, lost; /* means over `from`, weighted by the stationary density */
  double weight;      /* its mass there */
  double cells;       /* error of steps by the cells' width; 0: of no order, or not known */
} SgdPassageMean;

/* What can be checked of it without knowing the answer. */
typedef struct {
  double residual;         /* of the density's eigenpair (eigenpairs.h) */
  double mixed;            /* share of other modes in the density, at most, to first order */
  double negative;         /* mass below zero */
  PetscBool sets_in_range; /* masses and rates of the metastable sets */
  PetscBool resolved;      /* all of it within bounds, and the verdict no failure; else the command ends with exit 3 */
} SgdStationaryCertificate;

/* One model's answer. Rates are per unit of tau = eta n. */
typedef struct {
  SgdEigenpairs e; /* NULL: the model has failed, and nothing here is known */
  int leading;     /* index of the slowest real, positive eigenvalue: the density's own */
  int second;      /* index of the slowest other one; -1: none was computed */
  int degenerate; /* how many eigenvalues equal the leading one to 1e-10 (2: two disjoint wells; 0: the slowest is not real and
                      positive, as a density's is: p is uniform, and all that is weighed with it NaN) */
  Vec p;          /* the density as a state vector, cells normalised to mass 1, ledger 0 */
  Vec sign; /* the eigenfunction of `second`, whose sign tells the metastable sets; NULL if complex */
  SgdMoments moments;
  double leak;                  /* 1 - mu_1 per step */
  double rate;                  /* -ln|mu_2/mu_1|/eta: relaxation, or escape between two basins */
  double mass[2];               /* of p where `sign` is negative, positive */
  double centre[2][3];          /* mean of p there */
  double *error, *extrapolated; /* of each decay rate, from two grids; NULL without check.error */
  double cells_error;           /* relative, of `rate`, by the cells' width (stationary_cells.c); NaN: not known */
  double moments_error;         /* the same of mean (in deviations) and variance (relative), the worst axis */
  PetscBool cells_known;        /* the sets' doubts hold it */
  SgdBasins basins;             /* two or more metastable sets, where the rates show a gap */
  int passages;
  SgdPassageMean passage[SGD_MOST_PASSAGES];
  double work; /* <a . g> */
  double heat; /* (eta/2) <tr (C + g g^T)>: equals `work` for SGD's stationary density (fluctuation-dissipation) */
  double heat_langevin; /* (eta/2) <tr C>: equals `work` for Langevin's. With momentum: heat is
                           (1 + beta)/(2 eta) <v^2>, heat_langevin NaN */
  SgdStationaryCertificate certificate;
  SgdVerdict verdict; /* do the cells carry p: as `run` judges its last density; of a state without one all zero */
  PetscBool reached;  /* its turn has come, with a result or without */
} SgdStationaryState;

/* Axes without confinement: an absorbing or reflecting axis along which the drift over the whole box is weaker than the
   diffusion (largest |g_a| L_a < D_a = eta C_aa/2). The variance along it grows as 2 D_a tau for ever. */
typedef struct {
  PetscBool flat[3];
  double diffusion[3]; /* D_a at the reference point, per unit of tau */
} SgdFlatAxes;

/* What the linearisation at the reference point says of the variance along each axis, whatever the box (closure.h). */
typedef struct {
  int axes;           /* 0 with momentum: this is plain SGD's linearisation */
  double Gamma[3];    /* variance of a step's curvature */
  double lyapunov[3]; /* E ln|1 - eta h| */
  SgdModePrediction axis[3];
} SgdTails;

/* Read item k of stationary.passages alone, unchecked; the case owns *item, which only its reader understands. */
PETSC_INTERN PetscErrorCode SgdPassageItemRead(SgdCase c, int k, void *item);
PETSC_INTERN PetscErrorCode SgdStationaryRead(SgdCase c, SgdStationaryOptions **o);
/* Before the work: that the items of `expect` and `passages` can be read, and that models and quantities which are expected
   something of exist. Exit 2 naming the item. */
PETSC_INTERN PetscErrorCode SgdStationaryFit(SgdCase c, int models, const char *const name[]);
/* The whole command after the models are built: compute, say, write stationary.json and stationary.h5 into `folder`,
   and check the expectations of section `stationary`. halve: estimate the rates' errors from half the cells per axis.
   name: the case's. Collective. */
PETSC_INTERN PetscErrorCode SgdStationaryRun(const SgdModels *models, const SgdStationaryOptions *o, PetscBool halve,
                                             const char *name, const char *folder);
