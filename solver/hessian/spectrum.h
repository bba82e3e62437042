/* Hessian eigenpairs at the reference point, matrix-free by SLEPc, with each mode's minibatch noise and regime. */
#pragma once
#include "cases/landscapes/landscape.h"
#include "operators/linearised/closure.h"
#include "solver/hessian/eigenvalue_density.h"
#include <stdbool.h>

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
  double *v;                        /* [count][P] */
  PetscBool complete;               /* all P of them */
  double dense_error;               /* largest relative difference from the dense eigensolver; NaN if not asked for */
  char key[SGD_SPECTRUM_KEY];       /* see spectrum_file.h; empty: unknown */
  SgdSpectralDensity density;       /* points 0: not asked for */
  double interval[2];               /* all eigenpairs between these were asked for; equal: not asked for */
  char origin[SGD_SPECTRUM_ORIGIN]; /* where a file comes in: read from it, or written to it and why; else empty */
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

PETSC_INTERN PetscErrorCode SgdSpectrumRead(SgdCase c, SgdSpectrumOptions **o);
/* Eigenpairs and density, as the options ask for them. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumCompute(SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                               SgdSpectrum *s);
/* Its two parts, for whoever has eigenpairs from a file (spectrum_obtain.h); H is the Hessian at the reference point.
 */
PETSC_INTERN PetscErrorCode SgdSpectrumSolve(SgdLandscape l, Mat H, const SgdSpectrumOptions *o, SgdSpectrum *s);
PETSC_INTERN PetscErrorCode SgdSpectrumComplete(SgdSpectrum s, Mat H, MPI_Comm comm, const SgdSpectrumOptions *o);
/* Fill in noise and predictions for a learning rate, a batch and a horizon in steps. */
PETSC_INTERN PetscErrorCode SgdSpectrumNoise(SgdSpectrum s, SgdLandscape l, const double *w, double eta, PetscInt batch,
                                             SgdSampling sampling, PetscInt steps);
PETSC_INTERN PetscErrorCode SgdSpectrumDestroy(SgdSpectrum *s);
/* Table on rank 0's stdout; spectrum.csv and spectrum.h5 in a folder. */
PETSC_INTERN PetscErrorCode SgdSpectrumView(SgdSpectrum s, MPI_Comm comm);
PETSC_INTERN PetscErrorCode SgdSpectrumWrite(SgdSpectrum s, MPI_Comm comm, const char *folder);
