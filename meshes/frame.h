/* The slice frame w = w_ref + V a: reference point and d orthonormal directions (THEORY.md (7)). */
#pragma once
#include "cases/landscapes/landscape.h"

typedef struct _p_SgdFrame {
  int dim; /* d */
  PetscInt P;
  double *origin;   /* w_ref [P] */
  double *V;        /* [d][P] */
  double lambda[3]; /* Hessian eigenvalue of each axis (curvature v.Hv for the user's own directions) */
  char name[3][64]; /* "sharpest (mode 1)", for labels */
} * SgdFrame;

PETSC_EXTERN PetscErrorCode SgdFrameCreate(int dim, PetscInt P, const double *origin, SgdFrame *frame);
PETSC_EXTERN PetscErrorCode SgdFrameDestroy(SgdFrame *frame);
/* w [P] = origin + sum_k a[k] V_k */
PETSC_EXTERN void SgdFramePoint(SgdFrame frame, const double a[], double *w);
/* Fill V from dataset /V [d][P] of an HDF5 file named in the case at `key`. Exit 4 if it cannot be read or has another
 * shape. */
PETSC_EXTERN PetscErrorCode SgdFrameLoad(SgdCase c, const char *key, const char *name, SgdFrame frame);
