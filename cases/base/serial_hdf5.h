/* An HDF5 file that one rank writes, and that appears whole under its name or not at all (replace_file.h); and the
   silence of HDF5's own error traces, for everything that is reported in one line. Nothing here is collective.

   The file is made in memory and written by plain writes when it is closed: an HDF5 file on a full disk can be neither
   completed nor closed, and the library hangs on to it to the program's end. It costs twice the file's size in memory.

   After a failure the calls do nothing; SgdSerialH5Close gives the reason:

     SgdSerialH5 f;
     if (!rank) {
       SgdSerialH5Create(path, &f);
       SgdSerialH5Doubles(&f, "/w", 1, &P, w);
       error = SgdSerialH5Close(&f);
     }
     PetscCall(SgdWritten(comm, path, error)); */
#pragma once
#include "cases/base/replace_file.h"
#include <hdf5.h>

/* How HDF5 printed its errors before it was told to be quiet. */
typedef struct {
  H5E_auto2_t print;
  void *data;
} SgdHDF5Errors;

PETSC_EXTERN void SgdHDF5Quiet(SgdHDF5Errors *before);
PETSC_EXTERN void SgdHDF5AsBefore(const SgdHDF5Errors *before);

typedef struct {
  char path[PETSC_MAX_PATH_LEN], temporary[PETSC_MAX_PATH_LEN];
  hid_t file;
  int error; /* errno of the first failure */
  SgdHDF5Errors before;
} SgdSerialH5;

PETSC_EXTERN void SgdSerialH5Create(const char *path, SgdSerialH5 *f);
/* A dataset of doubles, with HDF5's checksum (fletcher32), so that flipped bytes are refused by whoever reads it; the
   groups in its name are made. */
PETSC_EXTERN void SgdSerialH5Doubles(SgdSerialH5 *f, const char *name, int rank, const hsize_t shape[],
                                     const double *value);
/* A scalar attribute of the file. */
PETSC_EXTERN void SgdSerialH5Attribute(SgdSerialH5 *f, const char *name, hid_t type, const void *value);
/* Close the file and put it in its place; 0 if it is there, whole and on the disk, else errno of the first failure:
   then what was at its name before is still there. */
PETSC_EXTERN int SgdSerialH5Close(SgdSerialH5 *f);
