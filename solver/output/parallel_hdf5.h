/* An HDF5 file that all ranks write together (MPI-IO, collective transfers), without HDF5's own error traces.

   After a failure the calls go on, since they are collective; SgdH5Verdict reports it once, at the end of a stage. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>

/* Numbers that a rank transfers in one call, a GiB of doubles: MPI-IO's counts are ints. A test may make it smaller. */
PETSC_INTERN hsize_t SgdH5Piece;

typedef struct {
  MPI_Comm comm;
  char path[PETSC_MAX_PATH_LEN];
  hid_t file, transfer; /* transfer: collective data transfers */
  int bad;              /* has an HDF5 call failed on this rank? */
  PetscBool reported;   /* one message is enough, whatever fails after it */
} SgdH5;

/* Create (or replace) the file. Locks are of no use to one collective writer, and many file systems have none: unless
   the user decided otherwise (HDF5_USE_FILE_LOCKING) they are off. Exit 4 naming the path. */
PETSC_INTERN PetscErrorCode SgdH5Create(MPI_Comm comm, const char *path, SgdH5 *f);
/* Open one that is there, to read, or to read and write. A file that cannot be opened (cut short, not HDF5, not there)
   is exit 4. */
PETSC_INTERN PetscErrorCode SgdH5Open(MPI_Comm comm, const char *path, PetscBool write, SgdH5 *f);
PETSC_INTERN PetscErrorCode SgdH5Close(SgdH5 *f);
/* Note a failed HDF5 call (negative result) and pass the result on. Not collective. */
PETSC_INTERN hid_t SgdH5Must(SgdH5 *f, hid_t result);
/* Agree on whether all went well on all ranks; if not: "<path>: cannot <what>", exit 4. */
PETSC_INTERN PetscErrorCode SgdH5Verdict(SgdH5 *f, const char *what);

/* An attribute of `where`: a scalar (rank 0) or a list of n (rank 1); and a UTF-8 text of fixed length. One that is there,
   left by a run which was killed behind its last checkpoint, is replaced. */
PETSC_INTERN void SgdH5Attribute(SgdH5 *f, hid_t where, const char *name, hid_t type, int rank, hsize_t n,
                                 const void *value);
PETSC_INTERN void SgdH5Text(SgdH5 *f, hid_t where, const char *name, const char *text);
PETSC_INTERN hid_t SgdH5Group(SgdH5 *f, const char *name);
/* A dataset of doubles that every rank knows in full: rank 0 writes, the others take part with nothing. */
PETSC_INTERN void SgdH5Small(SgdH5 *f, hid_t where, const char *name, int rank, const hsize_t *shape,
                             const double *value);
/* The shape of a dataset that has this many dimensions; a failure otherwise. */
PETSC_INTERN void SgdH5Shape(SgdH5 *f, hid_t data, int rank, hsize_t *shape);
/* A dataset's creation list: chunks, each with a checksum (HDF5's fletcher32), so that any reader refuses flipped bytes. */
PETSC_INTERN void SgdH5Checked(SgdH5 *f, hid_t create, int rank, const hsize_t *chunk);
/* An empty dataset that grows along its first dimension, with checksums where it has more than one. */
PETSC_INTERN void SgdH5Growing(SgdH5 *f, hid_t where, const char *name, hid_t type, int rank, const hsize_t *shape,
                               const hsize_t *chunk);
/* Write this rank's part (start, count) of a dataset of doubles, in pieces: MPI-IO's counts are ints. */
PETSC_INTERN void SgdH5WriteRows(SgdH5 *f, hid_t data, int rank, const hsize_t *start, const hsize_t *count,
                                 const double *value);
