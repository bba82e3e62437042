#include "solver/reference_point/reference_point.h"
#include <hdf5.h>
#include <math.h>
#include <stdio.h>

/* HDF5's own error stack is switched off: an error is reported in one line. */
typedef struct {
  H5E_auto2_t print;
  void *data;
} Silence;

static Silence Hush(void) {
  Silence s;
  H5Eget_auto2(H5E_DEFAULT, &s.print, &s.data);
  H5Eset_auto2(H5E_DEFAULT, NULL, NULL);
  return s;
}

static void Unhush(Silence s) {
  H5Eset_auto2(H5E_DEFAULT, s.print, s.data);
}

/* 0: written. */
static int Write(const char *path, const char *dataset, hsize_t P, const double *w) {
  const hid_t file = H5Fcreate(path, H5F_ACC_TRUNC, H5P_DEFAULT, H5P_DEFAULT);
  const hid_t space = H5Screate_simple(1, &P, NULL), links = H5Pcreate(H5P_LINK_CREATE);
  hid_t set = -1;
  int bad;

  H5Pset_create_intermediate_group(links, 1);
  if (file >= 0) set = H5Dcreate2(file, dataset, H5T_IEEE_F64LE, space, links, H5P_DEFAULT, H5P_DEFAULT);
  bad = set < 0 || H5Dwrite(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, w) < 0;
  if (set >= 0) H5Dclose(set);
  H5Pclose(links);
  H5Sclose(space);
  if (file >= 0) bad |= H5Fclose(file) < 0;
  return bad;
}

PetscErrorCode SgdReferencePointSave(MPI_Comm comm, const char *path, const char *dataset, PetscInt P,
                                     const double *w) {
  char temporary[PETSC_MAX_PATH_LEN + 8];
  PetscMPIInt rank;
  int bad = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  snprintf(temporary, sizeof temporary, "%s.tmp", path);
  if (!rank) {
    const Silence s = Hush();
    bad = Write(temporary, dataset, (hsize_t)P, w) || rename(temporary, path);
    if (bad) remove(temporary);
    Unhush(s);
  }
  PetscCall(SgdAgree(comm, &bad));
  if (bad) PetscCall(SgdFail(comm, SGD_EXIT_FILES, "%s: the reference point cannot be written there", path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* NULL: read; else what is wrong. *found: how many numbers there are. */
static const char *Read(const char *path, const char *dataset, hsize_t P, double *w, hsize_t *found) {
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
    const Silence s = Hush();
    problem = Read(path, dataset, (hsize_t)P, w, &found);
    Unhush(s);
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
