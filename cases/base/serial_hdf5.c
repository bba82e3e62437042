#include "cases/base/serial_hdf5.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#define CHUNK (1 << 19) /* bytes, about, of a dataset's piece with one checksum: readers keep a piece of that size */

enum { GROWTH = 1 << 20, MOST_AT_ONCE = 1 << 30 }; /* bytes: by which the file in memory grows; of one write */

void SgdHDF5Quiet(SgdHDF5Errors *before) {
  H5Eget_auto2(H5E_DEFAULT, &before->print, &before->data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
}

void SgdHDF5AsBefore(const SgdHDF5Errors *before) {
  H5Eset_auto2(H5E_DEFAULT, before->print, before->data);
}

/* Note the reason of the first failed call (a negative result) and pass the result on. HDF5 leaves errno as the
   system's call set it; what has none is an error of input and output. */
static hid_t Must(SgdSerialH5 *f, hid_t result) {
  if (result < 0 && !f->error) f->error = errno ? errno : EIO;
  return result;
}

void SgdSerialH5Create(const char *path, SgdSerialH5 *f) {
  hid_t access;

  *f = (SgdSerialH5){.file = -1};
  SgdHDF5Quiet(&f->before);
  if (snprintf(f->path, sizeof f->path, "%s", path) >= (int)sizeof f->path ||
      snprintf(f->temporary, sizeof f->temporary, "%s.tmp", path) >= (int)sizeof f->temporary)
    f->error = ENAMETOOLONG;
  if (f->error) return;
  errno = 0;
  access = Must(f, H5Pcreate(H5P_FILE_ACCESS));
  Must(f, H5Pset_fapl_core(access, GROWTH, 0));
  f->file = Must(f, H5Fcreate(f->temporary, H5F_ACC_TRUNC, H5P_DEFAULT, access));
  H5Pclose(access);
}

/* Whole rows, about CHUNK bytes of them; none where there is nothing to check. */
static void Checked(SgdSerialH5 *f, hid_t create, int rank, const hsize_t shape[]) {
  hsize_t chunk[H5S_MAX_RANK], row = sizeof(double);

  for (int a = rank - 1; a >= 0; a--) {
    if (!shape[a]) return;
    chunk[a] = PetscMin(shape[a], PetscMax(1, (hsize_t)CHUNK / row));
    row *= shape[a];
  }
  if (!rank) return;
  Must(f, H5Pset_chunk(create, rank, chunk));
  Must(f, H5Pset_fletcher32(create));
}

void SgdSerialH5Doubles(SgdSerialH5 *f, const char *name, int rank, const hsize_t shape[], const double *value) {
  hid_t space, links, create, set = -1;

  if (f->error) return;
  errno = 0;
  space = Must(f, H5Screate_simple(rank, shape, NULL));
  links = Must(f, H5Pcreate(H5P_LINK_CREATE));
  Must(f, H5Pset_create_intermediate_group(links, 1));
  create = Must(f, H5Pcreate(H5P_DATASET_CREATE));
  Checked(f, create, rank, shape);
  if (!f->error) set = Must(f, H5Dcreate2(f->file, name, H5T_IEEE_F64LE, space, links, create, H5P_DEFAULT));
  if (!f->error) Must(f, H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value));
  if (set >= 0) Must(f, H5Dclose(set));
  H5Pclose(create);
  H5Pclose(links);
  H5Sclose(space);
}

void SgdSerialH5Attribute(SgdSerialH5 *f, const char *name, hid_t type, const void *value) {
  hid_t space, attribute = -1;

  if (f->error) return;
  errno = 0;
  space = Must(f, H5Screate(H5S_SCALAR));
  if (!f->error) attribute = Must(f, H5Acreate2(f->file, name, type, space, H5P_DEFAULT, H5P_DEFAULT));
  if (!f->error) Must(f, H5Awrite(attribute, type, value));
  if (attribute >= 0) Must(f, H5Aclose(attribute));
  H5Sclose(space);
}

/* All bytes to a file; errno of a failure. */
static int Put(const char *path, const char *byte, size_t count) {
  const int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
  int error = 0;

  if (file < 0) return errno;
  while (count && !error) {
    const ssize_t written = write(file, byte, PetscMin(count, MOST_AT_ONCE));

    if (written < 0)
      error = errno == EINTR ? 0 : errno;
    else
      byte += written, count -= (size_t)written;
  }
  if (close(file) && !error) error = errno;
  if (error) remove(path);
  return error;
}

static void WriteImage(SgdSerialH5 *f) {
  const ssize_t size = (ssize_t)Must(f, H5Fget_file_image(f->file, NULL, 0));
  char *image = f->error ? NULL : malloc((size_t)size);

  if (!f->error && !image) f->error = ENOMEM;
  if (!f->error) Must(f, H5Fget_file_image(f->file, image, (size_t)size));
  if (!f->error) f->error = Put(f->temporary, image, (size_t)size);
  free(image);
}

int SgdSerialH5Close(SgdSerialH5 *f) {
  errno = 0;
  if (f->file >= 0) Must(f, H5Fflush(f->file, H5F_SCOPE_GLOBAL));
  if (!f->error) WriteImage(f);
  if (f->file >= 0) Must(f, H5Fclose(f->file));
  if (!f->error) f->error = SgdReplaceFile(f->temporary, f->path);
  SgdHDF5AsBefore(&f->before);
  return f->error;
}
