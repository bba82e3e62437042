/* Parameter vectors in HDF5: a one-dimensional dataset of P doubles. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>

/* Rank 0 writes w [P], the same on every rank, to a file that is replaced; collective. Exit 4 naming the path. */
PETSC_INTERN PetscErrorCode SgdReferencePointSave(MPI_Comm comm, const char *path, const char *dataset, PetscInt P,
                                                  const double *w);
/* Every rank gets the vector. Exit 4 if the file or the dataset cannot be read, has not P finite numbers. Collective.
 */
PETSC_INTERN PetscErrorCode SgdReferencePointLoad(MPI_Comm comm, const char *path, const char *dataset, PetscInt P,
                                                  double *w);
/* This rank alone: NULL, or what is wrong. *found: how many numbers there are. */
PETSC_INTERN const char *SgdReferencePointRead(const char *path, const char *dataset, hsize_t P, double *w,
                                               hsize_t *found);
