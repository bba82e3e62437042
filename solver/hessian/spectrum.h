/* Hessian eigenpairs at the reference point, matrix-free by SLEPc, with each mode's minibatch noise and regime. */
#pragma once
#include "cases/landscapes/landscape.h"
#include "operators/linearised/closure.h"
#include "solver/hessian/eigenvalue_density.h"
#include <stdbool.h>

enum { SGD_SPECTRUM_KEY = 17 }; /* characters of the hash that says which case eigenpairs belong to */

typedef struct {
  double eigenvalue, residual; /* |H v - lambda v| */
  double D, Gamma, covariance; /* of one SGD step's minibatch: Var(v.G), Var(v.H_b v), their covariance */
  SgdModePrediction prediction;
} SgdMode;

typedef struct _p_SgdSpectrum {
  PetscInt P;
  int count; /* modes, by eigenvalue, largest first */
  SgdMode *mode;
  double *v;                  /* [count][P] */
  PetscBool complete;         /* all P of them */
  double dense_error;         /* largest relative difference from the dense eigensolver; NaN if not asked for */
  char key[SGD_SPECTRUM_KEY]; /* see spectrum_file.h; empty: unknown */
  SgdSpectralDensity density; /* points 0: not asked for */
} * SgdSpectrum;

typedef struct {
  int largest, smallest, nearest_zero;
  double *interval; /* all eigenpairs between two numbers, by a polynomial filter (spectrum_interval.h); or empty */
  unsigned interval_count;
  double tolerance; /* of |H v - lambda v| over the largest |eigenvalue| that is known */
  bool dense_check;
  int dense_limit; /* up to this many parameters the whole spectrum may be computed densely */
  SgdSpectralDensityOptions density;
  char *file; /* where eigenpairs are kept for further runs; "": nowhere */
} SgdSpectrumOptions;

PETSC_EXTERN PetscErrorCode SgdSpectrumRead(SgdCase c, SgdSpectrumOptions **o);
PETSC_EXTERN PetscErrorCode SgdSpectrumCompute(SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                               SgdSpectrum *s);
/* The same with the section's `file`: the eigenpairs are read from it if it holds those of this very case, else they
   are computed and written there; says which. The density is computed in any case. */
PETSC_EXTERN PetscErrorCode SgdSpectrumObtain(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                              SgdSpectrum *s);
/* Fill in noise and predictions for a learning rate, a batch and a horizon in steps. */
PETSC_EXTERN PetscErrorCode SgdSpectrumNoise(SgdSpectrum s, SgdLandscape l, const double *w, double eta, PetscInt batch,
                                             SgdSampling sampling, PetscInt steps);
PETSC_EXTERN PetscErrorCode SgdSpectrumDestroy(SgdSpectrum *s);
/* Table on rank 0's stdout; spectrum.csv and spectrum.h5 in a folder. */
PETSC_EXTERN PetscErrorCode SgdSpectrumView(SgdSpectrum s, MPI_Comm comm);
PETSC_EXTERN PetscErrorCode SgdSpectrumWrite(SgdSpectrum s, MPI_Comm comm, const char *folder);
