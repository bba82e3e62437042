/* Eigenpairs as they lie in memory: vectors whole on every rank, or, for many parameters, a stretch of each on every
   rank. Who wants a vector asks for it here. All calls are collective over the spectrum's vectors. */
#pragma once
#include "operators/linearised/closure.h"
#include "operators/linearised/shares.h"
#include "solver/hessian/eigenvalue_density.h"

enum { SGD_SPECTRUM_KEY = 17 }; /* characters of the hash that says which case eigenpairs belong to */
enum { SGD_SPECTRUM_ORIGIN = PETSC_MAX_PATH_LEN + 256 };

typedef struct {
  double eigenvalue, residual; /* |H v - lambda v| */
  double D, Gamma, covariance; /* of one SGD step's minibatch: Var(v.G), Var(v.H_b v), their covariance */
  SgdModePrediction prediction;
} SgdMode;

typedef struct _p_SgdSpectrum {
  PetscInt P;
  int count; /* modes, by eigenvalue, largest first */
  SgdMode *mode;
  PetscBool distributed;            /* vectors shared out over the ranks (spectrum_vectors.h); else whole on each */
  SgdShares shares;                 /* how each lies over the ranks; where they are whole, over this rank alone */
  double *v;                        /* [count][shares->local] */
  PetscBool complete;               /* all P of them */
  double dense_error;               /* largest relative difference from the dense eigensolver; NaN if not asked for */
  char key[SGD_SPECTRUM_KEY];       /* see spectrum_file.h; empty: unknown */
  SgdSpectralDensity density;       /* points 0: not asked for */
  double interval[2];               /* all eigenpairs between these were asked for; equal: not asked for */
  char origin[SGD_SPECTRUM_ORIGIN]; /* where a file comes in: read from it, or written to it and why; else empty */
} * SgdSpectrum;

/* How the vectors lie: like those of H. To be called before there are any. */
PETSC_INTERN PetscErrorCode SgdSpectrumLayOut(SgdSpectrum s, Mat H);
/* Room for `more` modes and their vectors after those that there are; s->count stays. */
PETSC_INTERN PetscErrorCode SgdSpectrumGrow(SgdSpectrum s, int more);
/* Mode k's vector, whole: v [P] on every rank. */
PETSC_INTERN PetscErrorCode SgdSpectrumWhole(SgdSpectrum s, int k, double *v);
/* ... on the vectors' rank 0 only; and from there (v [P] on rank 0, of no meaning on the others). */
PETSC_INTERN PetscErrorCode SgdSpectrumToFirst(SgdSpectrum s, int k, double *v);
PETSC_INTERN PetscErrorCode SgdSpectrumFromFirst(SgdSpectrum s, int k, const double *v);
/* As many whole vectors as there are ranks, one for each: mode first + rank on this rank, v [P]; nothing where there is
   none of that number. */
PETSC_INTERN PetscErrorCode SgdSpectrumDealOut(SgdSpectrum s, int first, double *v);
/* v_k . u of a vector u [P] that every rank has. */
PETSC_INTERN PetscErrorCode SgdSpectrumDot(SgdSpectrum s, int k, const double *u, double *dot);
/* By eigenvalue, largest first; a pair found from both ends is kept once (the same direction up to sign). */
PETSC_INTERN PetscErrorCode SgdSpectrumSort(SgdSpectrum s);
/* The sign of an eigenvector is arbitrary: make its largest entry positive (the first of those that are as large to
   1e-6), so that runs can be compared. */
PETSC_INTERN PetscErrorCode SgdSpectrumFixSigns(SgdSpectrum s);
