/* Eigenpairs in HDF5: /eigenvalues [count], /residuals [count], /V [count][P] (what slice.file reads too), with the
   attributes key, complete and dense_error. */
#pragma once
#include "solver/hessian/spectrum.h"

/* The attribute key: 64-bit FNV-1a, in hexadecimal, of all that the eigenpairs follow from: the sections landscape and
   reference_point, the options of the eigensolver, P, the point w itself, and the Hessian's product with a fixed
   vector of signs (through which the data and the weight decay enter). Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumKey(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                           char key[SGD_SPECTRUM_KEY]);
/* Rank 0 writes (to a temporary file that then takes the name). Exit 4 naming the path. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumSave(SgdSpectrum s, MPI_Comm comm, const char *path);
/* *s: the eigenpairs if the file has this key and P, else NULL with the reason in *why (a static text). Exit 4 where
   there is a file that is no spectrum of ours, which a later SgdSpectrumSave would destroy. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumLoad(MPI_Comm comm, const char *path, const char *key, PetscInt P,
                                            SgdSpectrum *s, const char **why);
