/* A fluctuating loss landscape: the loss l(w), its minibatch gradient G = (1/B) sum_{i in batch} grad l_i(w), and the
   law of its noise (THEORY.md (1)). Two kinds share this interface:
    - sample landscapes (N > 0): a data set; the mean is over its N samples, the noise is that of a batch of them;
    - closed-form landscapes (N = 0): formulas for the mean and for the noise of one draw; a batch averages B draws.
   Data are replicated on every rank; the work over samples is split and reduced in an order that does not depend on the
   number of ranks, so every result below is the same bit for bit on any number of them.

   Shapes: w [P]; V [d][P] (d directions, each contiguous); covariances [d][d]. */
#pragma once
#include "cases/file/case.h"
#include "cases/noise/batch_draw.h"
#include <complex.h>

typedef struct _p_SgdLandscape *SgdLandscape;

/* Where a landscape that was tabulated is known: a box in its parameters, on `nodes` Chebyshev nodes per axis. */
typedef struct {
  const double *min, *max; /* [P]; NULL: everywhere */
  PetscInt nodes;
} SgdLandscapeDomain;

/* Read section `landscape` (its `family` names the class) and build it. Collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeCreate(SgdCase c, SgdLandscape *l);
PETSC_EXTERN PetscErrorCode SgdLandscapeDestroy(SgdLandscape *l);
/* Names of the families, i from 0 on; NULL beyond the last. */
PETSC_EXTERN const char *SgdLandscapeFamilyName(int i);
PETSC_EXTERN const char *SgdLandscapeFamily(SgdLandscape l);
PETSC_EXTERN PetscInt SgdLandscapeDimension(SgdLandscape l); /* P */
PETSC_EXTERN PetscInt SgdLandscapeSamples(SgdLandscape l);   /* N, 0 for closed forms */
/* The N of a batch's statistics: the samples, or those behind a closed form that was measured on samples; 0: none. */
PETSC_EXTERN PetscInt SgdLandscapePopulation(SgdLandscape l);
PETSC_EXTERN MPI_Comm SgdLandscapeComm(SgdLandscape l);
/* Weight decay: from here on the loss has (mu/2) |w|^2 more, every gradient mu w and the Hessian mu. */
PETSC_EXTERN void SgdLandscapeSetDecay(SgdLandscape l, double mu);
/* Tilt: from here on the loss has -t.(w - w0) more and every gradient -t, so that with t = g(w0) the mean gradient
   vanishes at w0 (t and w0 [P] are copied; t NULL: none). SGD on the landscape tilted along a path wbar_n is SGD seen
   from that path. */
PETSC_EXTERN PetscErrorCode SgdLandscapeSetTilt(SgdLandscape l, const double *t, const double *w0);
/* Scatter: what lies off a slice is spread over members, as trajectories are. From here on SgdLandscapePoint at a point
   of the slice, w = origin + V^T a, takes member j to w + lean^T a + rest_j and gives the law of a step over the members:
   mean of their loss and gradient, and as single-draw covariance what makes a batch's C = <C_j> + Cov(g_j). `lean` is
   where the rest is in the mean when a moves, so that over the members the law is that of a step given a. Where only
   `samples` single gradients a member are taken, index [members][samples], their scatter is taken off Cov(g_j). */
typedef struct {
  int first, last;        /* the members that count */
  PetscInt d, samples;    /* samples 0: all, or a closed form */
  const double *origin;   /* [P] */
  const double *V, *lean; /* [d][P] each */
  const double *rest;     /* [members][P] */
  const PetscInt *index;
  double batch, some; /* from one draw to a batch, and to `samples` draws (SgdLandscapeBatchFactor) */
  double whole;       /* from the unbiased variance of `samples` draws to C1: (N - 1)/N without replacement, else 1 */
} SgdMemberScatter;
/* What it points to outlives it; NULL: none. */
PETSC_EXTERN void SgdLandscapeSetScatter(SgdLandscape l, const SgdMemberScatter *scatter);
PETSC_EXTERN PetscBool SgdLandscapeScattered(SgdLandscape l);
/* Section `noise`: the modes, from 1 on, on or off which the noise is projected (their number; 0: no projection); and the
   noise takes its shape from here on, V [that number][P] being these modes' directions (NULL for none; copied). Without
   the section nothing happens. */
PETSC_EXTERN PetscInt SgdLandscapeNoiseModes(SgdLandscape l, const int **mode);
PETSC_EXTERN PetscErrorCode SgdLandscapeShapeNoise(SgdLandscape l, const double *V);
PETSC_EXTERN SgdLandscapeDomain SgdLandscapeGetDomain(SgdLandscape l);
/* Print what it is: one paragraph on rank 0. */
PETSC_EXTERN PetscErrorCode SgdLandscapeView(SgdLandscape l);
/* The family's starting point for training, or its natural reference point (closed forms: the origin). w [P] */
PETSC_EXTERN PetscErrorCode SgdLandscapeStart(SgdLandscape l, PetscInt seed, double *w);

/* Loss and mean gradient g(w) (either may be NULL). Collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeGradient(SgdLandscape l, const double *w, double *loss, double *g);
/* hv = H(w) v, H = grad g, exact. Collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeHessianApply(SgdLandscape l, const double *w, const double *v, double *hv);
/* This rank's part of hv [P]: its share of the samples. The parts of all ranks add up to H(w) v. Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeHessianPart(SgdLandscape l, const double *w, const double *v, double *hv);
/* The gradient of one batch of sample indices (sample landscapes only). Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeBatchGradient(SgdLandscape l, const double *w, PetscInt batch,
                                                      const PetscInt *index, double *loss, double *g);

/* Whole gradients of the single samples [first, last): g [last - first][P] (sample landscapes). Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeWholeGradients(SgdLandscape l, const double *w, PetscInt first, PetscInt last,
                                                       double *g);
/* hv = H_b(w) v with the Hessian of one batch of sample indices (sample landscapes). Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeBatchHessianApply(SgdLandscape l, const double *w, PetscInt batch,
                                                          const PetscInt *index, const double *v, double *hv);

/* At a point, on d directions: loss, projected mean gradient g [d] and single-draw covariance C1 [d][d] of the
   projected gradient. `outside` (may be NULL): norm of the part of the mean gradient that the directions do not span.
   Not collective: this rank alone does the whole sum (points are what is shared out). */
PETSC_EXTERN PetscErrorCode SgdLandscapePoint(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                              double *loss, double *g, double *C1, double *outside);
/* Per-sample projected gradients gi [N][d] at a point (sample landscapes), weight decay and tilt included. Not
   collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeSampleGradients(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                                        double *gi);
/* The same of the samples index [count] only: gi [count][d]. Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeSomeGradients(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                                      PetscInt count, const PetscInt *index, double *gi);
/* Of every sample at a point: loss [N] and derivative g [N] along v, weight decay and tilt included (sample landscapes). Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeSampleValues(SgdLandscape l, const double *w, const double *v, double *loss,
                                                     double *g);
/* Classes of the samples [N], from 0 on; NULL: none. */
PETSC_EXTERN const int *SgdLandscapeLabels(SgdLandscape l);
/* Noise of the mode v at w: single-draw variances D1 = Var(v.grad l_i), Gamma1 = Var(v.H_i v), and their covariance.
   Not collective. */
PETSC_EXTERN PetscErrorCode SgdLandscapeModeNoise(SgdLandscape l, const double *w, const double *v, double *D1,
                                                  double *Gamma1, double *cov1);

/* From one draw to a batch: C = C1 * factor, 1/B with replacement, (N-B)/(B(N-1)) without (THEORY.md (4)). */
PETSC_EXTERN double SgdLandscapeBatchFactor(SgdLandscape l, PetscInt batch, SgdSampling sampling);

/* Characteristic function of the centred noise of ONE draw along v at w, where the family knows it in closed form:
   phi[m] = E exp(-i q[m] (G - g).v). Gaussian(C1) unless the family says otherwise; *exact tells which. Not collective.
 */
PETSC_EXTERN PetscErrorCode SgdLandscapeCharacteristic(SgdLandscape l, const double *w, const double *v, PetscInt n,
                                                       const double *q, double _Complex *phi, PetscBool *exact);
/* Samples held out, which train nothing (0: none). */
PETSC_EXTERN PetscInt SgdLandscapeTestSamples(SgdLandscape l);
/* Mean loss over the samples and over those held out, both with weight decay, and the share of the latter that a classifier
   labels right. Only with samples held out. Not collective: this rank alone does all of it. */
typedef struct {
  double training, test, accuracy;
} SgdLandscapeLosses;
PETSC_EXTERN PetscErrorCode SgdLandscapeTest(SgdLandscape l, const double *w, SgdLandscapeLosses *losses);
/* Share of the samples that a classifier labels right at w; PETSC_FALSE if the landscape is none. Not collective. */
PETSC_EXTERN PetscBool SgdLandscapeAccuracy(SgdLandscape l, const double *w, double *accuracy);
