/* A density back from density.h5, by rank 0 and then to all. */
#include "solver/output/output.h"
#include <hdf5.h>

/* One output of a dataset of rank 1 + dim. 0: read. */
static int ReadOutput(hid_t data, int output, size_t size, double *density) {
  const hid_t space = H5Dget_space(data);
  const int rank = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
  hsize_t shape[4] = {0}, start[4] = {0}, count[4] = {1, 1, 1, 1}, cells = 1;
  int bad = rank < 2 || rank > 4 || H5Sget_simple_extent_dims(space, shape, NULL) < 0 || (hsize_t)output >= shape[0];

  for (int a = 1; !bad && a < rank; a++) cells *= count[a] = shape[a];
  bad = bad || cells != size;
  start[0] = (hsize_t)output;
  if (!bad) {
    const hid_t memory = H5Screate_simple(1, &cells, NULL);
    bad = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
          H5Dread(data, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, density) < 0;
    H5Sclose(memory);
  }
  if (space >= 0) H5Sclose(space);
  return bad;
}

static int ReadFile(const char *path, const char *name, int output, size_t size, double *density) {
  hid_t file, data = -1;
  int bad = 1;

  H5Eset_auto2(H5E_DEFAULT, NULL, NULL); /* what goes wrong is told in one line */
  file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
  if (file >= 0) data = H5Dopen2(file, name, H5P_DEFAULT);
  if (data >= 0) {
    bad = ReadOutput(data, output, size, density);
    H5Dclose(data);
  }
  if (file >= 0) H5Fclose(file);
  return bad;
}

PetscErrorCode SgdOutputReadDensity(MPI_Comm comm, const char *folder, const char *model, int output, size_t size,
                                    double *density) {
  char path[PETSC_MAX_PATH_LEN], name[128];
  PetscMPIInt rank, count;
  int bad = 0;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/density.h5", folder));
  PetscCall(PetscSNPrintf(name, sizeof name, "/density/%s", model));
  PetscCall(PetscMPIIntCast((PetscInt)size, &count));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) bad = ReadFile(path, name, output, size, density);
  PetscCall(SgdAgree(comm, &bad));
  if (bad) return SgdFail(comm, SGD_EXIT_FILES, "%s: no output %d of %s can be read", path, output, name);
  PetscCallMPI(MPI_Bcast(density, count, MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
