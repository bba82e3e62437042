/* The spectral density of a matrix that is only ever applied, by stochastic Lanczos quadrature (Golub and Welsch 1969;
   Ubaru, Chen and Saad, SIAM J. Matrix Anal. Appl. 38, 2017): where all P eigenvalues lie, not only the ends. For a
   probe z of random signs, m Lanczos steps from z/|z| give Ritz values theta_k and weights tau_k (the squared first
   entries of the tridiagonal matrix's eigenvectors) with sum_k tau_k f(theta_k) = z.f(H)z/P for every polynomial f of
   degree below 2m, whose expectation is (1/P) trace f(H). */
#pragma once
#include "cases/base/base.h"
#include <petscmat.h>

typedef struct {
  int probes;   /* 0: no density; else at least 2, since the error bars are the scatter between probes */
  int steps;    /* Lanczos steps m of each */
  double width; /* standard deviation of the Gaussian that smooths an eigenvalue; 0: a hundredth of the range */
  int seed;
} SgdSpectralDensityOptions;

typedef struct {
  int points;
  double width;                      /* as used */
  double *lambda;                    /* [points], evenly spaced, 6 widths beyond the Ritz values on both sides */
  double *density, *standard_error;  /* [points]: fraction of the eigenvalues per unit; of its mean over the probes */
  double moment[2], moment_error[2]; /* (1/P) trace H and (1/P) trace H^2, unsmoothed, and their standard errors */
  int probes, steps;                 /* used: steps at most P */
} SgdSpectralDensity;

/* H symmetric, with vectors whole on every rank or shared out over them. All ranks of comm together (progress is told
   on its rank 0). */
PETSC_INTERN PetscErrorCode SgdSpectralDensityCompute(Mat H, MPI_Comm comm, const SgdSpectralDensityOptions *o,
                                                      SgdSpectralDensity *d);
PETSC_INTERN PetscErrorCode SgdSpectralDensityDestroy(SgdSpectralDensity *d);
/* How many of P eigenvalues lie in [a, b] by the smoothed density, and its error if all points err alike. */
PETSC_INTERN void SgdSpectralDensityCount(const SgdSpectralDensity *d, PetscInt P, double a, double b, double *count,
                                          double *error);
/* Two lines on rank 0's stdout; the table lambda,density,standard_error in the folder's
   spectral_density.csv. */
PETSC_INTERN PetscErrorCode SgdSpectralDensityView(const SgdSpectralDensity *d, MPI_Comm comm);
PETSC_INTERN PetscErrorCode SgdSpectralDensityWrite(const SgdSpectralDensity *d, MPI_Comm comm, const char *folder);
