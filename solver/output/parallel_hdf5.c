#include "solver/output/parallel_hdf5.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_IN_CHUNK ((hsize_t)1 << 21) /* numbers */

hsize_t SgdH5Piece = (hsize_t)1 << 27;

hid_t SgdH5Must(SgdH5 *f, hid_t result) {
  if (result < 0) f->bad = 1;
  return result;
}

PetscErrorCode SgdH5Verdict(SgdH5 *f, const char *what) {
  PetscFunctionBegin;
  PetscCall(SgdAgree(f->comm, &f->bad));
  if (!f->bad || f->reported) PetscFunctionReturn(PETSC_SUCCESS);
  f->reported = PETSC_TRUE;
  return SgdFail(f->comm, SGD_EXIT_FILES, "%s: cannot %s", f->path, what);
}

void SgdH5Attribute(SgdH5 *f, hid_t where, const char *name, hid_t type, int rank, hsize_t n, const void *value) {
  hid_t space = SgdH5Must(f, rank ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR)), attribute;

  if (H5Aexists(where, name) > 0) SgdH5Must(f, H5Adelete(where, name));
  attribute = SgdH5Must(f, H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  SgdH5Must(f, H5Awrite(attribute, type, value));
  SgdH5Must(f, H5Aclose(attribute));
  SgdH5Must(f, H5Sclose(space));
}

void SgdH5Text(SgdH5 *f, hid_t where, const char *name, const char *text) {
  hid_t type = SgdH5Must(f, H5Tcopy(H5T_C_S1));

  SgdH5Must(f, H5Tset_size(type, strlen(text) + 1));
  SgdH5Must(f, H5Tset_cset(type, H5T_CSET_UTF8));
  SgdH5Attribute(f, where, name, type, 0, 1, text);
  SgdH5Must(f, H5Tclose(type));
}

hid_t SgdH5Group(SgdH5 *f, const char *name) {
  return SgdH5Must(f, H5Gcreate2(f->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

/* Parallel HDF5 writes through filters from 1.10.2 on. */
void SgdH5Checked(SgdH5 *f, hid_t create, int rank, const hsize_t *chunk) {
  SgdH5Must(f, H5Pset_chunk(create, rank, chunk));
#if H5_VERSION_GE(1, 10, 2)
  SgdH5Must(f, H5Pset_fletcher32(create));
#endif
}

void SgdH5Small(SgdH5 *f, hid_t where, const char *name, int rank, const hsize_t *shape, const double *value) {
  hid_t space = SgdH5Must(f, H5Screate_simple(rank, shape, NULL)), create, data;
  hsize_t chunk[4] = {1, 1, 1, 1};
  PetscMPIInt me;

  create = SgdH5Must(f, H5Pcreate(H5P_DATASET_CREATE));
  chunk[rank - 1] = PetscMin(shape[rank - 1], MOST_IN_CHUNK);
  SgdH5Checked(f, create, rank, chunk);
  data = SgdH5Must(f, H5Dcreate2(where, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, create, H5P_DEFAULT));
  SgdH5Must(f, H5Pclose(create));
  MPI_Comm_rank(f->comm, &me);
  if (me) H5Sselect_none(space);
  SgdH5Must(f, H5Dwrite(data, H5T_NATIVE_DOUBLE, space, space, f->transfer, value));
  SgdH5Must(f, H5Dclose(data));
  SgdH5Must(f, H5Sclose(space));
}

/* The first dimension that can be cut, and doubles in one entry of it. */
static int Cut(int rank, const hsize_t *count, hsize_t *each) {
  int cut = 0;

  while (cut < rank - 1 && count[cut] <= 1) cut++;
  *each = 1;
  for (int a = cut + 1; a < rank; a++) *each *= count[a];
  return cut;
}

/* One collective write of at most what MPI counts. */
static void WritePiece(SgdH5 *f, hid_t data, int rank, const hsize_t *start, const hsize_t *count,
                       const double *value) {
  hid_t space = SgdH5Must(f, H5Dget_space(data)), memory = SgdH5Must(f, H5Screate_simple(rank, count, NULL));

  SgdH5Must(f, H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL));
  SgdH5Must(f, H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, f->transfer, value));
  SgdH5Must(f, H5Sclose(memory));
  SgdH5Must(f, H5Sclose(space));
}

void SgdH5WriteRows(SgdH5 *f, hid_t data, int rank, const hsize_t *start, const hsize_t *count, const double *value) {
  hsize_t each, first[4], part[4];
  const int cut = Cut(rank, count, &each);
  long long pieces = (long long)((count[cut] * each + SgdH5Piece - 1) / SgdH5Piece);

  MPI_Allreduce(MPI_IN_PLACE, &pieces, 1, MPI_LONG_LONG, MPI_MAX, f->comm); /* as many calls on every rank */
  pieces = PetscMax(1, pieces);
  memcpy(first, start, (size_t)rank * sizeof *first);
  memcpy(part, count, (size_t)rank * sizeof *part);
  for (long long p = 0; p < pieces; p++) {
    const hsize_t low = count[cut] * (hsize_t)p / (hsize_t)pieces,
                  high = count[cut] * (hsize_t)(p + 1) / (hsize_t)pieces;
    first[cut] = start[cut] + low;
    part[cut] = high - low;
    WritePiece(f, data, rank, first, part, value + low * each);
  }
}

void SgdH5Growing(SgdH5 *f, hid_t where, const char *name, hid_t type, int rank, const hsize_t *shape,
                  const hsize_t *chunk) {
  hsize_t now[4], most[4];
  hid_t space, create = SgdH5Must(f, H5Pcreate(H5P_DATASET_CREATE));

  for (int a = 0; a < rank; a++) now[a] = most[a] = shape[a];
  now[0] = 0;
  most[0] = H5S_UNLIMITED;
  space = SgdH5Must(f, H5Screate_simple(rank, now, most));
  if (rank > 1)
    SgdH5Checked(f, create, rank, chunk);
  else
    SgdH5Must(f, H5Pset_chunk(create, rank, chunk));
  SgdH5Must(f, H5Dclose(SgdH5Must(f, H5Dcreate2(where, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT))));
  SgdH5Must(f, H5Pclose(create));
  SgdH5Must(f, H5Sclose(space));
}

void SgdH5Shape(SgdH5 *f, hid_t data, int rank, hsize_t *shape) {
  hid_t space = SgdH5Must(f, H5Dget_space(data));

  for (int a = 0; a < rank; a++) shape[a] = 0;
  if (space >= 0 && H5Sget_simple_extent_ndims(space) == rank)
    SgdH5Must(f, H5Sget_simple_extent_dims(space, shape, NULL));
  else
    f->bad = 1;
  SgdH5Must(f, H5Sclose(space));
}

/* Everything but the file itself: its access list, and how data are transferred. */
static PetscErrorCode Prepare(MPI_Comm comm, const char *path, SgdH5 *f, hid_t *access) {
  PetscFunctionBegin;
  f->comm = comm;
  f->bad = 0;
  f->reported = PETSC_FALSE;
  f->file = f->transfer = -1;
  snprintf(f->path, sizeof f->path, "%s", path);
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  PetscCheck(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0, f->comm, PETSC_ERR_LIB, "H5Eset_auto2");
  *access = SgdH5Must(f, H5Pcreate(H5P_FILE_ACCESS));
  SgdH5Must(f, H5Pset_fapl_mpio(*access, f->comm, MPI_INFO_NULL));
  f->transfer = SgdH5Must(f, H5Pcreate(H5P_DATASET_XFER));
  SgdH5Must(f, H5Pset_dxpl_mpio(f->transfer, H5FD_MPIO_COLLECTIVE));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdH5Create(MPI_Comm comm, const char *path, SgdH5 *f) {
  hid_t access;

  PetscFunctionBegin;
  PetscCall(Prepare(comm, path, f, &access));
  f->file = SgdH5Must(f, H5Fcreate(f->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
  SgdH5Must(f, H5Pclose(access));
  PetscCall(SgdH5Verdict(f, "create the file"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdH5Open(MPI_Comm comm, const char *path, PetscBool write, SgdH5 *f) {
  hid_t access;

  PetscFunctionBegin;
  PetscCall(Prepare(comm, path, f, &access));
  f->file = SgdH5Must(f, H5Fopen(f->path, write ? H5F_ACC_RDWR : H5F_ACC_RDONLY, access));
  SgdH5Must(f, H5Pclose(access));
  PetscCall(SgdH5Verdict(f, "open the file (cut short, or not HDF5)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdH5Close(SgdH5 *f) {
  PetscFunctionBegin;
  if (!*f->path) PetscFunctionReturn(PETSC_SUCCESS); /* all zeros: there was no room to open it */
  if (f->transfer >= 0) SgdH5Must(f, H5Pclose(f->transfer));
  if (f->file >= 0) SgdH5Must(f, H5Fclose(f->file));
  PetscCall(SgdH5Verdict(f, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
