/* Hessian eigenpairs at the reference point, matrix-free by SLEPc, with each mode's minibatch noise and regime. */
#pragma once
#include "cases/landscapes/landscape.h"
#include "solver/hessian/spectrum_vectors.h"
#include <stdbool.h>

typedef struct {
  int largest, smallest, nearest_zero;
  double *interval; /* all eigenpairs between two numbers, by a polynomial filter (spectrum_interval.h); or empty */
  unsigned interval_count;
  double tolerance; /* of |H v - lambda v| over the largest |eigenvalue| that is known */
  bool dense_check;
  int dense_limit;     /* up to this many parameters the whole spectrum may be computed densely */
  int distribute_from; /* from this many parameters on vectors are shared out over the ranks; 0: never */
  SgdSpectralDensityOptions density;
  char *file; /* where eigenpairs are kept for further runs; "": nowhere */
} SgdSpectrumOptions;

PETSC_INTERN PetscErrorCode SgdSpectrumRead(SgdCase c, SgdSpectrumOptions **o);
/* Eigenpairs and density, as the options ask for them. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumCompute(SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                               SgdSpectrum *s);
/* Are vectors of P parameters shared out over the ranks? From o->distribute_from parameters on, if not all eigenpairs
   are wanted. Else they are whole on every rank, and the same bits on any number of them. */
PETSC_INTERN PetscBool SgdSpectrumDistributed(const SgdSpectrumOptions *o, PetscInt P);
/* The Hessian at the reference point, with such vectors. */
PETSC_INTERN PetscErrorCode SgdSpectrumHessian(SgdLandscape l, const double *w, const SgdSpectrumOptions *o, Mat *H);
/* Its two parts, for whoever has eigenpairs from a file (spectrum_obtain.h). */
PETSC_INTERN PetscErrorCode SgdSpectrumSolve(SgdLandscape l, const double *w, Mat H, const SgdSpectrumOptions *o,
                                             SgdSpectrum *s);
/* The density, before there are eigenvectors to keep beside its own; points 0 where none is asked for. */
PETSC_INTERN PetscErrorCode SgdSpectrumDensity(Mat H, MPI_Comm comm, const SgdSpectrumOptions *o,
                                               SgdSpectralDensity *d);
/* The spectrum takes the density over. */
PETSC_INTERN void SgdSpectrumComplete(SgdSpectrum s, const SgdSpectrumOptions *o, const SgdSpectralDensity *d);
/* Fill in noise and predictions for a learning rate, a batch and a horizon in steps. */
PETSC_INTERN PetscErrorCode SgdSpectrumNoise(SgdSpectrum s, SgdLandscape l, const double *w, double eta, PetscInt batch,
                                             SgdSampling sampling, PetscInt steps);
PETSC_INTERN PetscErrorCode SgdSpectrumDestroy(SgdSpectrum *s);
/* Table on rank 0's stdout; spectrum.csv and spectrum.h5 in a folder. */
PETSC_INTERN PetscErrorCode SgdSpectrumView(SgdSpectrum s, MPI_Comm comm);
PETSC_INTERN PetscErrorCode SgdSpectrumWrite(SgdSpectrum s, MPI_Comm comm, const char *folder);
