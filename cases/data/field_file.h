/* What the readers of fields in HDF5 share (slice_file.h, tabulated.h): rank 0 reads, the first thing that is wrong is
   put into words, and the numbers go to all ranks. Functions that return int return 0, or 1 with the words in f->text.
   Not collective but for SgdFieldFileShare. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>

typedef struct {
  hid_t file;
  const char *path;
  char text[1024]; /* what is wrong, behind the path */
} SgdFieldFile;

/* Put it into words: returns 1. */
PETSC_INTERN int SgdFieldFileBad(SgdFieldFile *f, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
/* Open f->path, let `read` do its work, close it; HDF5 prints nothing meanwhile. */
PETSC_INTERN int SgdFieldFileRead(SgdFieldFile *f, int (*read)(SgdFieldFile *f, void *to), void *to);
/* The numbers of a dataset that is open, `count` of them, into a new array; `name` for the words. All must be finite. */
PETSC_INTERN int SgdFieldFileNumbers(SgdFieldFile *f, hid_t set, const char *name, hsize_t count, double **to);
/* Are the numbers of this dataset stored in single precision? */
PETSC_INTERN PetscBool SgdFieldFileSingle(SgdFieldFile *f, const char *name);
/* C [d][d] is symmetric, without a negative diagonal, and |C_ab|^2 <= C_aa C_bb, to a relative tolerance; else *a, *b are
   where it is not. */
PETSC_INTERN PetscBool SgdFieldFileCovariance(int d, const double C[], double tolerance, int *a, int *b);
/* Of the correlations of three axes: 1 + 2 r12 r13 r23 - r12^2 - r13^2 - r23^2, negative where three of them, each less than
   one, cannot be together (a negative eigenvalue); 0 for fewer axes. */
PETSC_INTERN double SgdFieldFileDeterminant(int d, const double C[]);
/* Rank 0's array, of `count` numbers, into new ones on the other ranks. Collective. */
PETSC_INTERN PetscErrorCode SgdFieldFileShare(MPI_Comm comm, PetscInt count, double **array);
