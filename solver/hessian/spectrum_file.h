/* Eigenpairs in HDF5: /eigenvalues [count], /residuals [count], /V [count][P] (what slice.file reads too), with the
   attributes key, complete and dense_error. */
#pragma once
#include "solver/hessian/spectrum.h"
#include <hdf5.h>

/* The attribute key: 64-bit FNV-1a, in hexadecimal, of all that the eigenpairs follow from: the sections landscape and
   reference_point, the options of the eigensolver, P, the point w itself, and the Hessian's product with a fixed
   vector of signs (through which the data and the weight decay enter). Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumKey(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                           char key[SGD_SPECTRUM_KEY]);
/* HDF5's type of that attribute. */
PETSC_INTERN hid_t SgdSpectrumKeyType(void);
/* To a temporary file that then takes the name: whole vectors by rank 0, shared ones by all ranks together. Exit 4
   naming the path. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumSave(SgdSpectrum s, MPI_Comm comm, const char *path);
/* *s: the eigenpairs if the file has this key and as many parameters as H, else NULL with the reason in *why (a static
   text). Their vectors lie as those of H do; rank 0 reads them once and deals them out. Exit 4 where there is a file
   that is no spectrum of ours, which a later SgdSpectrumSave would destroy. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectrumLoad(MPI_Comm comm, const char *path, const char *key, Mat H,
                                            PetscBool distributed, SgdSpectrum *s, const char **why);
