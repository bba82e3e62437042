#include "solver/hessian/spectrum_file.h"
#include "cases/base/disk_room.h"
#include "cases/base/serial_hdf5.h"
#include "solver/output/parallel_hdf5.h"
#include <unistd.h>

hid_t SgdSpectrumKeyType(void) {
  hid_t type = H5Tcopy(H5T_C_S1);

  H5Tset_size(type, SGD_SPECTRUM_KEY);
  return type;
}

static void WriteAttributes(SgdSpectrum s, SgdSerialH5 *f) {
  const int complete = s->complete;
  hid_t text = SgdSpectrumKeyType();

  SgdSerialH5Attribute(f, "key", text, s->key);
  SgdSerialH5Attribute(f, "complete", H5T_NATIVE_INT, &complete);
  SgdSerialH5Attribute(f, "dense_error", H5T_NATIVE_DOUBLE, &s->dense_error);
  H5Tclose(text);
}

/* The eigenvalues, then the residuals: column [2 * count]. */
static void Columns(SgdSpectrum s, double *column) {
  for (int k = 0; k < s->count; k++) {
    column[k] = s->mode[k].eigenvalue;
    column[s->count + k] = s->mode[k].residual;
  }
}

/* Whole vectors, by rank 0 alone; errno of a failure. */
static int WriteSpectrum(SgdSpectrum s, const char *path, const double *column) {
  const hsize_t dims[2] = {(hsize_t)s->count, (hsize_t)s->P};
  SgdSerialH5 f;

  SgdSerialH5Create(path, &f);
  WriteAttributes(s, &f);
  SgdSerialH5Doubles(&f, "/eigenvalues", 1, dims, column);
  SgdSerialH5Doubles(&f, "/residuals", 1, dims, column + s->count);
  SgdSerialH5Doubles(&f, "/V", 2, dims, s->v);
  return SgdSerialH5Close(&f);
}

static PetscErrorCode SaveWhole(SgdSpectrum s, MPI_Comm comm, const char *path, const double *column) {
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) error = WriteSpectrum(s, path, column);
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* /V, every rank its stretch of each vector. */
static void WriteStretches(SgdSpectrum s, SgdH5 *f) {
  const hsize_t dims[2] = {(hsize_t)s->count, (hsize_t)s->P}, start[2] = {0, (hsize_t)s->shares->first},
                count[2] = {(hsize_t)s->count, (hsize_t)s->shares->local};
  hid_t space = SgdH5Must(f, H5Screate_simple(2, dims, NULL));
  hid_t set = SgdH5Must(f, H5Dcreate2(f->file, "V", H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));

  SgdH5WriteRows(f, set, 2, start, count, s->v);
  SgdH5Must(f, H5Dclose(set));
  SgdH5Must(f, H5Sclose(space));
}

static void WriteDistributed(SgdSpectrum s, SgdH5 *f, const double *column) {
  const hsize_t n = (hsize_t)s->count;
  const int complete = s->complete;
  hid_t text = SgdSpectrumKeyType();

  SgdH5Attribute(f, f->file, "key", text, 0, 1, s->key);
  SgdH5Attribute(f, f->file, "complete", H5T_NATIVE_INT, 0, 1, &complete);
  SgdH5Attribute(f, f->file, "dense_error", H5T_NATIVE_DOUBLE, 0, 1, &s->dense_error);
  H5Tclose(text);
  SgdH5Small(f, f->file, "eigenvalues", 1, &n, column);
  SgdH5Small(f, f->file, "residuals", 1, &n, column + s->count);
  WriteStretches(s, f);
}

/* Vectors that are shared out, by all ranks together, to a temporary file that then takes the name. */
static PetscErrorCode SaveDistributed(SgdSpectrum s, MPI_Comm comm, const char *path, const double *column) {
  char temporary[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  int error = 0;
  SgdH5 f;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscSNPrintf(temporary, sizeof temporary, "%s.new", path));
  PetscCall(SgdDiskRoom(comm, temporary, 8.0 * (double)s->count * (double)s->P + 65536));
  PetscCall(SgdH5Create(comm, temporary, &f));
  WriteDistributed(s, &f, column);
  PetscCall(SgdH5Verdict(&f, "write the eigenvectors"));
  PetscCall(SgdH5Close(&f));
  if (!rank) error = SgdReplaceFile(temporary, path);
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumSave(SgdSpectrum s, MPI_Comm comm, const char *path) {
  double *column;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(2 * s->count, &column));
  Columns(s, column);
  PetscCall(s->distributed ? SaveDistributed(s, comm, path, column) : SaveWhole(s, comm, path, column));
  PetscCall(PetscFree(column));
  PetscFunctionReturn(PETSC_SUCCESS);
}
