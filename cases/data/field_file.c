#include "cases/data/field_file.h"
#include "cases/base/hdf5_filters.h"
#include "cases/base/serial_hdf5.h"
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int SgdFieldFileBad(SgdFieldFile *f, const char *format, ...) {
  const int n = snprintf(f->text, sizeof f->text, "%s: ", f->path);
  va_list args;

  va_start(args, format);
  vsnprintf(f->text + n, sizeof f->text - (size_t)n, format, args);
  va_end(args);
  return 1;
}

int SgdFieldFileRead(SgdFieldFile *f, int (*read)(SgdFieldFile *f, void *to), void *to) {
  SgdHDF5Errors before;
  int bad;

  SgdHDF5Quiet(&before);
  f->file = H5Fopen(f->path, H5F_ACC_RDONLY, H5P_DEFAULT);
  bad = f->file >= 0 ? read(f, to)
                     : SgdFieldFileBad(f, "is not a readable HDF5 file%s",
                                       strstr(f->path, ".npz")
                                           ? ": python -m sgdfp mine.npz mine.h5 makes a landscape on nodes of numpy's"
                                           : "");
  if (f->file >= 0) H5Fclose(f->file);
  SgdHDF5AsBefore(&before);
  return bad;
}

int SgdFieldFileNumbers(SgdFieldFile *f, hid_t set, const char *name, hsize_t count, double **to) {
  char why[256];

  if (PetscMalloc1(count, to)) return SgdFieldFileBad(f, "%s does not fit into memory", name);
  if (*SgdHDF5Hollow(set, f->path, why, sizeof why)) return SgdFieldFileBad(f, "%s %s", name, why);
  if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, *to) < 0)
    return SgdFieldFileBad(f, "%s %s", name,
                           *SgdHDF5Obstacle(set, why, sizeof why) ? why : "cannot be read as numbers (corrupt?)");
  for (hsize_t i = 0; i < count; i++)
    if (!isfinite((*to)[i]))
      return SgdFieldFileBad(
          f, "%s holds numbers that are not finite: entry %llu (from 0, in the order of the file) is %g", name,
          (unsigned long long)i, (*to)[i]);
  return 0;
}

PetscBool SgdFieldFileSingle(SgdFieldFile *f, const char *name) {
  const hid_t set = H5Dopen2(f->file, name, H5P_DEFAULT), type = set < 0 ? -1 : H5Dget_type(set);
  const PetscBool single = (PetscBool)(type >= 0 && H5Tget_class(type) == H5T_FLOAT && H5Tget_size(type) == 4);

  if (type >= 0) H5Tclose(type);
  if (set >= 0) H5Dclose(set);
  return single;
}

PetscBool SgdFieldFileCovariance(int d, const double C[], double tolerance, int *a, int *b) {
  for (*a = 0; *a < d; (*a)++)
    for (*b = 0; *b < d; (*b)++) {
      const double variance = C[*a * (d + 1)], bound = sqrt(fabs(variance * C[*b * (d + 1)]));
      if (variance < 0 || fabs(C[*a * d + *b] - C[*b * d + *a]) > tolerance * bound ||
          fabs(C[*a * d + *b]) > bound * (1 + tolerance))
        return PETSC_FALSE;
    }
  return PETSC_TRUE;
}

double SgdFieldFileDeterminant(int d, const double C[]) {
  if (d < 3) return 0;
  const double u = sqrt(C[0] * C[4]), v = sqrt(C[0] * C[8]), w = sqrt(C[4] * C[8]);
  const double a = u > 0 ? C[1] / u : 0, b = v > 0 ? C[2] / v : 0, c = w > 0 ? C[5] / w : 0;

  return 1 + 2 * a * b * c - a * a - b * b - c * c;
}

PetscErrorCode SgdFieldFileShare(MPI_Comm comm, PetscInt count, double **array) {
  const PetscInt piece = 1 << 26; /* MPI counts in int */
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (rank) PetscCall(PetscMalloc1(count, array));
  for (PetscInt first = 0; first < count; first += piece)
    PetscCallMPI(MPI_Bcast(*array + first, (PetscMPIInt)PetscMin(piece, count - first), MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
