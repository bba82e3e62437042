#include "meshes/frame.h"
#include "cases/base/serial_hdf5.h"

/* Read on rank 0: 0 done, 1 no file or no dataset, 2 another shape. */
static int ReadRows(const char *path, SgdFrame f) {
  int bad = 1;
  hid_t file, set = -1, space = -1;
  hsize_t dims[2] = {0, 0};

  if ((file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)) < 0) return 1;
  if ((set = H5Dopen2(file, "/V", H5P_DEFAULT)) >= 0 && (space = H5Dget_space(set)) >= 0) {
    bad = 2;
    if (H5Sget_simple_extent_ndims(space) == 2 && H5Sget_simple_extent_dims(space, dims, NULL) == 2 &&
        dims[0] >= (hsize_t)f->dim && dims[1] == (hsize_t)f->P) {
      const hsize_t start[2] = {0, 0}, count[2] = {(hsize_t)f->dim, dims[1]};
      hid_t memory = H5Screate_simple(2, count, NULL);
      H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL);
      bad = H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, f->V) < 0 ? 1 : 0;
      H5Sclose(memory);
    }
  }
  if (space >= 0) H5Sclose(space);
  if (set >= 0) H5Dclose(set);
  H5Fclose(file);
  return bad;
}

PetscErrorCode SgdFrameLoad(SgdCase c, const char *key, const char *name, SgdFrame f) {
  char path[PETSC_MAX_PATH_LEN];
  SgdHDF5Errors before;
  PetscMPIInt rank;
  int bad = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseFile(c, key, name, path));
  PetscCallMPI(MPI_Comm_rank(SgdCaseComm(c), &rank));
  SgdHDF5Quiet(&before);
  if (!rank) bad = ReadRows(path, f);
  SgdHDF5AsBefore(&before);
  PetscCall(SgdAgree(SgdCaseComm(c), &bad));
  if (bad)
    return SgdFail(SgdCaseComm(c), SGD_EXIT_FILES,
                   bad == 1 ? "%s: %s: cannot read dataset /V (expected [%d][%d])"
                            : "%s: %s: dataset /V has another shape than [%d][%d]",
                   key, path, f->dim, (int)f->P);
  PetscCallMPI(MPI_Bcast(f->V, (PetscMPIInt)(f->dim * f->P), MPI_DOUBLE, 0, SgdCaseComm(c)));
  PetscFunctionReturn(PETSC_SUCCESS);
}
