#include "solver/reference_point/reference_point.h"
#include "cases/base/serial_hdf5.h"
#include <math.h>

PetscErrorCode SgdReferencePointSave(MPI_Comm comm, const char *path, const char *dataset, PetscInt P,
                                     const double *w) {
  const hsize_t shape = (hsize_t)P;
  PetscMPIInt rank;
  SgdSerialH5 f;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    SgdSerialH5Create(path, &f);
    SgdSerialH5Doubles(&f, dataset, 1, &shape, w);
    error = SgdSerialH5Close(&f);
  }
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdReferencePointRead(const char *path, const char *dataset, hsize_t P, double *w, hsize_t *found) {
  const hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  const char *problem = NULL;
  hid_t set, space;
  int rank;

  if (file < 0) return "is not a readable HDF5 file";
  set = H5Dopen2(file, dataset, H5P_DEFAULT);
  space = set < 0 ? -1 : H5Dget_space(set);
  rank = set < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  *found = rank < 1 ? 0 : (hsize_t)H5Sget_simple_extent_npoints(space);
  if (set < 0)
    problem = "has no such dataset";
  else if (rank != 1 || *found != P)
    problem = "has the wrong size";
  else if (H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, w) < 0)
    problem = "cannot be read as numbers (corrupt?)";
  for (hsize_t i = 0; !problem && i < P; i++)
    if (!isfinite(w[i])) problem = "holds numbers that are not finite";
  if (space >= 0) H5Sclose(space);
  if (set >= 0) H5Dclose(set);
  H5Fclose(file);
  return problem;
}

PetscErrorCode SgdReferencePointLoad(MPI_Comm comm, const char *path, const char *dataset, PetscInt P, double *w) {
  const char *problem = NULL;
  PetscMPIInt rank;
  hsize_t found = 0;
  int bad = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    SgdHDF5Errors before;

    SgdHDF5Quiet(&before);
    problem = SgdReferencePointRead(path, dataset, (hsize_t)P, w, &found);
    SgdHDF5AsBefore(&before);
    bad = problem != NULL;
  }
  PetscCall(SgdAgree(comm, &bad));
  if (bad)
    PetscCall(SgdFail(comm, SGD_EXIT_FILES,
                      "%s: dataset '%s': %s: the landscape needs one dimension of %d numbers, found %llu", path,
                      dataset, problem ? problem : "", (int)P, (unsigned long long)found));
  PetscCallMPI(MPI_Bcast(w, (PetscMPIInt)P, MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
