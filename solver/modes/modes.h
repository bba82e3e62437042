/* The modes of the network and how far SGD spreads along each of them (THEORY.md (54)): predictions by the
   path-linearised closure, without and with the coupling of the modes through the batch's Hessian, beside what the
   diagonal theory at the start and the published proxy say; and, for the command `sample`, what an ensemble of
   trajectories measures.

   Section `closure` of the case:
     refresh           steps between two evaluations of Hessian and noise along the mean path
     method            dense (whole matrices), adjoint (one Hessian-vector product a step and mode), auto: dense up to
     dense_limit       parameters
     coupling          whether the coupled variance is computed too
     coupling_method   replicas: the adjoint form with a batch's Hessian at each step, averaged over sequences of
                       batches (any size, with a standard error); dense: whole matrices, where the method is dense
     coupling_batches  that many sequences, or for dense batches that stand for the fluctuating Hessian in each
                       interval; at least 2
     seed              of these batches
     check             compare with the fields of pairs of intervals averaged (dense) or refresh twice as long (adjoint)
     linear            trajectories of the random linear model along the path (linear_ensemble.h); 0: none
     gaussian          members of the Gaussian closure over the current spread (gaussian_ensemble.h); 0: none
     rotation          sharpest eigenvectors whose turning along the path is measured (mode_rotation.h); 0: none
     hessian_batches   batches for the figures of the Hessian's fluctuation; 0: none
     max_relative_error, min_log_correlation     expectations on the path-linearised prediction, and
     max_coupled_error                           on the coupled one: exit 3 when missed; 0: none */
#pragma once
#include "solver/ensemble/ensemble_statistics.h"
#include "operators/linearised/hessian_noise.h"
#include "solver/hessian/spectrum.h"
#include "solver/settings/settings.h"
#include <stdbool.h>

typedef enum { SGD_CLOSURE_AUTO, SGD_CLOSURE_DENSE, SGD_CLOSURE_ADJOINT } SgdClosureMethod;

typedef struct {
  int refresh, dense_limit, coupling_batches, hessian_batches, linear, gaussian, rotation, seed;
  char *method, *coupling_method;
  SgdClosureMethod how; /* what `method` says */
  bool dense_coupling;  /* what `coupling_method` says */
  bool coupling, check;
  double max_relative_error, min_log_correlation, max_coupled_error;
} SgdClosureOptions;

typedef struct {
  int mode;                     /* index in the spectrum */
  bool flat;                    /* one of the flattest, not of the largest */
  bool random;                  /* a random direction, which the spectrum has after its modes */
  double path, path_half;       /* path-linearised variance at the end and at half of the steps (NaN: not computed) */
  double coupled, coupled_half; /* ... with coupling */
  double coupled_error;         /* standard error of coupled (adjoint); NaN where dense */
  double diagonal;              /* diagonal theory along the path: with each mode's own Gamma, nothing between modes */
  double linear, linear_error;  /* the random linear model sampled along the path; NaN: not asked for */
  double linear_growth, linear_growth_error;     /* ... from half of the steps to all */
  double gaussian, gaussian_error;               /* the Gaussian closure over the current spread; NaN: not asked for */
  double gaussian_growth, gaussian_growth_error; /* ... from half of the steps to all */
  double start;                                  /* diagonal theory linearised at the start */
  double proxy;                                  /* eta D/(2 |lambda|) */
  SgdEnsembleMoments measured;
  double bursts,
      bursts_error; /* share of the measured variance that the 1 % of trajectories farthest from the mean hold */
  double ancestors, ancestors_error;   /* of a growing ensemble: share of Var(a^2) that lies between the ancestors */
  double controlled, controlled_error; /* measured, with control variates; NaN: not asked for */
  double growth, growth_error;         /* measured, from half of the steps to all; NaN if not measured */
} SgdModeRow;

typedef struct {
  int count;
  SgdModeRow *row;
  SgdShares shares;        /* the spectrum's, where the vectors are shared out over the ranks; NULL: whole on each */
  double *V;               /* [count][P], shared out [count][local] */
  double *cov, *cov_error; /* [count][count] covariance between the modes at the end by the coupled closure's replicas,
                              and its standard error; NULL: none */
  int replicas, groups;
  double *replica;      /* [replicas][count] each replica's variances */
  double *without;      /* [groups][count] measured variances with a group of trajectories left out: for errors of what
                            several modes make together */
  double *without_half; /* the same at half of the steps; NULL: not recorded */
  bool measured, coupled, dense; /* dense: the closure took whole matrices */
  double refresh_error; /* largest relative change of a path variance when intervals are twice as long; NaN: no check */
  double drift;         /* |wbar_end - w_ref| */
  double seconds;       /* of the prediction */
  SgdHessianNoiseFigures hessian;
} SgdModes;

typedef struct {
  double relative_error;  /* |prediction - measured|/|measured| over the modes */
  double log_correlation; /* of the logarithms */
  double total;           /* sum of the prediction over sum of the measured */
} SgdModeAgreement;

PETSC_INTERN PetscErrorCode SgdClosureRead(SgdCase c, SgdClosureOptions **o);
/* The `largest` modes of largest |lambda|, then the `flat` noisiest of the other modes that are diffusive over the
   horizon (|lambda| too small to matter, closure.h), then of the others that have noise the `smallest` of least |lambda|,
   which count as flat. */
PETSC_INTERN PetscErrorCode SgdModesChoose(SgdSpectrum s, MPI_Comm comm, int largest, int flat, int smallest,
                                           SgdModes *modes);
/* Those of these numbers [count], from 1; the diffusive ones count as flat. Exit 2 where there is none such. */
PETSC_INTERN PetscErrorCode SgdModesChooseListed(SgdSpectrum s, SgdCase c, int count, const int list[],
                                                 SgdModes *modes);
/* Rows along `random` random unit vectors more, isotropic in all parameters, with curvature v.Hv and noise as modes have them. They
   are put after the spectrum's modes, so that a restart has them. Before the vectors are taken. Collective. */
PETSC_INTERN PetscErrorCode SgdModesAddRandom(SgdModes *modes, SgdLandscape l, const double *w_ref, SgdSpectrum s,
                                              const SgdSgdOptions *sgd, int random, int seed);
/* The rows' vectors, once the rows are there: shared out over the ranks if that is asked for and the spectrum's are, else
   whole on each; all predictions not a number. Collective. */
PETSC_INTERN PetscErrorCode SgdModesTakeVectors(SgdSpectrum s, PetscBool shared, SgdModes *modes);
/* Does a row count where predictions are compared: neither flat nor random? */
static inline bool SgdModesCompared(const SgdModeRow *r) {
  return !r->flat && !r->random;
}
PETSC_INTERN PetscErrorCode SgdModesPredict(SgdModes *modes, SgdLandscape l, const double *w_ref, SgdSpectrum s,
                                            const SgdSgdOptions *sgd, const SgdClosureOptions *o);
/* The linear model alone, which needs no independent batches. */
PETSC_INTERN PetscErrorCode SgdModesPredictLinear(SgdModes *modes, SgdLandscape l, const double *w_ref,
                                                  const SgdSgdOptions *sgd, const SgdClosureOptions *o);
/* Room for so many replicas' variances and the covariances. */
PETSC_INTERN PetscErrorCode SgdModesMakeReplicas(SgdModes *modes, int replicas);
/* How it was predicted, in words; steps: of SGD, refresh: of the closure. */
PETSC_INTERN PetscErrorCode SgdModesViewClosure(const SgdModes *modes, int steps, int refresh, MPI_Comm comm);
PETSC_INTERN PetscErrorCode SgdModesMeasure(SgdModes *modes, SgdEnsemble e);
/* Their standard errors: over the trajectories, and for the coupled prediction over its replicas too. */
PETSC_INTERN PetscErrorCode SgdModesAgreementError(const SgdModes *modes, size_t column, SgdModeAgreement *error);
/* losses_end.csv: of each trajectory that stayed finite, its displacement sqrt(sum a_k^2) from the reference point along the modes of
   largest |lambda| and along the flat ones, and its losses at the end. Nothing where e is NULL or has no losses. Collective. */
PETSC_INTERN PetscErrorCode SgdModesWriteLosses(const SgdModes *modes, SgdEnsemble e, MPI_Comm comm,
                                                const char *folder);
/* Mean growth of the flat modes over the second half of the steps, and its standard error (they are not independent). */
PETSC_INTERN void SgdModesFlatGrowth(const SgdModes *modes, double *growth, double *error);
/* Agreement of a prediction, given by the offset of its column in SgdModeRow, over the modes of largest |lambda|. */
PETSC_INTERN SgdModeAgreement SgdModesAgreement(const SgdModes *modes, size_t column);
/* The log-correlation that a perfect prediction would have with what was measured, whose sampling errors e_k do not
   correlate with anything: sqrt(1 - mean e^2 / Var(log measured)). NaN if the errors exceed the differences. */
PETSC_INTERN double SgdModesLogCorrelationLimit(const SgdModes *modes);
PETSC_INTERN PetscErrorCode SgdModesDestroy(SgdModes *modes);

/* Table and verdicts on rank 0's stdout; modes.csv, and with an ensemble modes_history.csv and modes_agreement.csv, in
   a folder. */
PETSC_INTERN PetscErrorCode SgdModesView(const SgdModes *modes, SgdSpectrum s, MPI_Comm comm);
PETSC_INTERN PetscErrorCode SgdModesWrite(const SgdModes *modes, SgdSpectrum s, SgdEnsemble e, MPI_Comm comm,
                                          const char *folder);
/* The section's expectations. */
PETSC_INTERN PetscErrorCode SgdModesExpect(const SgdModes *modes, const SgdClosureOptions *o, MPI_Comm comm);
