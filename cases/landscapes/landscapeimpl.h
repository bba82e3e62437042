/* What a landscape family fills in. A new family is one file landscape_<name>.c and one line in families.def. */
#pragma once
#include "cases/landscapes/landscape.h"

typedef struct {
  const char *name;
  /* Read section "landscape" of the case with the family's schema; set l->dimension, l->samples, l->data. Collective.
   */
  PetscErrorCode (*create)(SgdLandscape l, SgdCase c);
  PetscErrorCode (*destroy)(SgdLandscape l);
  PetscErrorCode (*view)(SgdLandscape l);
  PetscErrorCode (*start)(SgdLandscape l, PetscInt seed, double *w); /* NULL: zeros */

  /* Plain C on arrays from here on; each works on samples [first, last) and returns SUMS over them (not means), so that
     the caller may split them; closed forms ignore the range and return the value. Regularisation that belongs to the
     mean (weight decay) counts once for every sample. loss and g may be NULL. */
  void (*gradient)(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *loss, double *g);
  void (*hessian_apply)(SgdLandscape l, const double *w, const double *v, PetscInt first, PetscInt last, double *hv);

  /* Sample landscapes. Per-sample values for samples [first, last): loss [n], derivatives along each of d directions
     g [n][d], and (d = 1 only, may be NULL) second derivatives c [n] = v.H_i v. */
  void (*sample_directional)(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt first,
                             PetscInt last, double *loss, double *g, double *c);
  void (*batch_gradient)(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, double *loss,
                         double *g); /* means over the batch */

  /* Optional, else done one sample at a time: loss [count] (may be NULL) and derivatives g [count][d] of the samples
     index [count]; whole gradients g [last - first][P] of single samples; the mean over a batch of H_i v. */
  void (*some_directional)(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                           const PetscInt *index, double *loss, double *g);
  void (*sample_gradients)(SgdLandscape l, const double *w, PetscInt first, PetscInt last, double *g);
  void (*batch_hessian_apply)(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index, const double *v,
                              double *hv);

  /* Closed forms: single-draw covariance C1 [d][d] of the gradient on the directions V; Var and Cov of the random
     Hessian along v; characteristic function of the centred noise of one draw (NULL: Gaussian). */
  void (*covariance)(SgdLandscape l, const double *w, PetscInt d, const double *V, double *C1);
  void (*mode_noise)(SgdLandscape l, const double *w, const double *v, double *D1, double *Gamma1, double *cov1);
  void (*characteristic)(SgdLandscape l, const double *w, const double *v, PetscInt n, const double *q,
                         double _Complex *phi);

  /* Closed forms whose draws are not Gaussian (NULL: they are): G [P] of a batch, from one uniform number a draw, u [batch]. */
  void (*draw)(SgdLandscape l, const double *w, PetscInt batch, const double *u, double *g);
  const int *(*labels)(SgdLandscape l); /* classes of the samples [N], from 0 on; NULL: none */

  double (*accuracy)(SgdLandscape l, const double *w); /* share of samples classified right; NULL: not a classifier */
  /* Mean loss over l->test samples held out, with what is common to all, and the share classified right; l->test 0: never asked. */
  double (*test)(SgdLandscape l, const double *w, double *accuracy);
} SgdLandscapeOps;

struct _p_SgdLandscape {
  const SgdLandscapeOps *ops;
  MPI_Comm comm;
  PetscInt dimension;        /* P */
  PetscInt samples;          /* N; 0 for closed forms */
  PetscInt test;             /* samples held out, in none of the sums */
  PetscInt population;       /* N of the batch's statistics where it is not `samples`; else 0 */
  SgdLandscapeDomain domain; /* where it is known; zeros: everywhere */
  void *data;                /* the family's own */
  double decay; /* weight decay mu: mu w in every gradient, (mu/2) w^2 in the loss; added by the wrappers */
  double *tilt; /* [2][P]: t and w0, -t in every gradient, -t.(w - w0) in the loss; NULL: none; by the wrappers too */
  const SgdMemberScatter *scatter; /* NULL: none */
  struct _SgdShapedNoise *shaped;  /* NULL: the noise is as it is (shaped_noise.h) */
};

/* Losses (NULL: not wanted) and derivatives of the samples index [count], without what is common to all. */
PETSC_INTERN void SgdLandscapeSome(SgdLandscape l, const double *w, PetscInt d, const double *V, PetscInt count,
                                   const PetscInt *index, double *loss, double *g);
/* SgdLandscapePoint with the scatter. */
PETSC_INTERN PetscErrorCode SgdLandscapeScatteredPoint(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                                       double *loss, double *g, double *C1, double *outside);

/* Section `weights` (landscape_weights.c): if the case has it, *l, which has samples, becomes the weighted landscape and owns the old one.
   Collective. Errors: exit 2 for weights that do not fit the samples, are negative, or leave nothing; a landscape without samples; sampling
   without replacement. */
PETSC_INTERN PetscErrorCode SgdLandscapeWeigh(SgdCase c, SgdLandscape *l);

/* Section `noise` (landscape_noise.c): if the case scales or projects the noise, *l becomes the shaped landscape and owns the old one; its
   noise is plain until SgdLandscapeShapeNoise. Exit 2 for a negative scale, modes out of range, twice, or of both kinds. */
PETSC_INTERN PetscErrorCode SgdLandscapeReadNoise(SgdCase c, SgdLandscape *l);

/* What is the same for every sample: loss + (mu/2) |w|^2 - t.(w - w0), g + mu w - t (either may be NULL). */
PETSC_INTERN void SgdLandscapeAddCommon(SgdLandscape l, const double *w, double *loss, double *g);
/* Its gradient on d directions, added to each of `count` rows of g [count][d]. */
PETSC_INTERN void SgdLandscapeAddCommonAlong(SgdLandscape l, const double *w, PetscInt d, const double *V,
                                             PetscInt count, double *g);

/* C1 = V C V^T: a covariance C [P][P] of the gradient, on the d directions V. For families of few dimensions. */
PETSC_INTERN void SgdLandscapeProjectCovariance(int P, const double *C, PetscInt d, const double *V, double *C1);

#define SGD_FAMILY(ops) extern const SgdLandscapeOps ops;
#include "cases/landscapes/families.def"
#undef SGD_FAMILY
