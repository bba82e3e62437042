/* A landscape whose noise is scaled and projected (landscape_noise.c): what it holds. */
#pragma once
#include "cases/landscapes/landscapeimpl.h"

typedef struct _SgdShapedNoise {
  SgdLandscape inner;  /* owned */
  SgdLandscapeOps ops; /* the shaped ones that the inner landscape has a counterpart of */
  PetscBool off;       /* V is taken out of the noise; else nothing but V is left of it */
  PetscInt wanted;     /* modes that the case names, from 1 ... */
  int *mode;           /* ... [wanted] */
  double given;        /* the scale that the case names */
  double others;  /* what is left of the directions that are taken out, in units of the scale: Q = P + others (1 - P) */
  double scale;   /* alpha; 1 until SgdLandscapeShapeNoise */
  PetscInt modes; /* directions of the projection that are known: 0 until then */
  double *V;      /* [modes][P], orthonormal */
} SgdShapedNoise;

/* Operations on landscapes with samples, and on closed forms. */
extern const SgdLandscapeOps SgdShapedSamples, SgdShapedForm;
/* to [d][P] = Q v for each of d directions. */
PETSC_INTERN void SgdShapedProject(const SgdShapedNoise *k, PetscInt P, PetscInt d, const double *v, double *to);
/* r of Q v = r v, along = Q v, for a v that is one of the modes or across all of them; 1 where nothing is left of what is taken out. */
PETSC_INTERN double SgdShapedShare(const SgdShapedNoise *k, PetscInt P, const double *v, const double *along);
/* g [P] = mean + alpha Q (g - mean) */
PETSC_INTERN void SgdShapedPull(const SgdShapedNoise *k, PetscInt P, const double *mean, double *g);
/* What both kinds of landscapes share. */
PETSC_INTERN PetscErrorCode SgdShapedStart(SgdLandscape l, PetscInt seed, double *w);
PETSC_INTERN PetscErrorCode SgdShapedView(SgdLandscape l);
PETSC_INTERN PetscErrorCode SgdShapedDestroy(SgdLandscape l);
PETSC_INTERN double SgdShapedAccuracy(SgdLandscape l, const double *w);
PETSC_INTERN double SgdShapedTest(SgdLandscape l, const double *w, double *accuracy);
