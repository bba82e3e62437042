#include "solver/hessian/spectrum_file.h"
#include "cases/base/random.h"
#include "cases/base/serial_hdf5.h"
#include <math.h>
#include <stdint.h>
#include <unistd.h>

static void Hash(uint64_t *hash, size_t size, const void *data) {
  const unsigned char *byte = data;

  for (size_t i = 0; i < size; i++) *hash = (*hash ^ byte[i]) * UINT64_C(0x100000001b3);
}

/* What decides which pairs are computed, and how well. */
static void HashOptions(uint64_t *hash, PetscInt P, const SgdSpectrumOptions *o) {
  const double number[] = {(double)P,
                           o->largest,
                           o->smallest,
                           o->nearest_zero,
                           o->tolerance,
                           o->dense_check,
                           o->dense_limit,
                           o->interval_count ? o->interval[0] : 0,
                           o->interval_count ? o->interval[1] : 0};

  Hash(hash, sizeof number, number);
}

PetscErrorCode SgdSpectrumKey(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                              char key[SGD_SPECTRUM_KEY]) {
  static const char *const sections[] = {"landscape", "reference_point"};
  const PetscInt P = SgdLandscapeDimension(l);
  uint64_t hash = UINT64_C(0xcbf29ce484222325);
  const char *text;
  double *z, *hz;

  PetscFunctionBegin;
  for (int i = 0; i < 2; i++) {
    PetscCall(SgdCaseText(c, sections[i], &text));
    Hash(&hash, strlen(text) + 1, text);
  }
  PetscCall(PetscMalloc2(P, &z, P, &hz));
  for (PetscInt i = 0; i < P; i++) z[i] = SgdRandomBits(0, 0, (uint64_t)i).v[0] & 1 ? 1 : -1;
  PetscCall(SgdLandscapeHessianApply(l, w, z, hz));
  HashOptions(&hash, P, o);
  Hash(&hash, (size_t)P * sizeof *w, w);
  Hash(&hash, (size_t)P * sizeof *hz, hz);
  PetscCall(PetscFree2(z, hz));
  PetscCall(PetscSNPrintf(key, SGD_SPECTRUM_KEY, "%016llx", (unsigned long long)hash));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static hid_t KeyType(void) {
  hid_t type = H5Tcopy(H5T_C_S1);

  H5Tset_size(type, SGD_SPECTRUM_KEY);
  return type;
}

static void WriteAttributes(SgdSpectrum s, SgdSerialH5 *f) {
  const int complete = s->complete;
  hid_t text = KeyType();

  SgdSerialH5Attribute(f, "key", text, s->key);
  SgdSerialH5Attribute(f, "complete", H5T_NATIVE_INT, &complete);
  SgdSerialH5Attribute(f, "dense_error", H5T_NATIVE_DOUBLE, &s->dense_error);
  H5Tclose(text);
}

/* errno of a failure; column [2 * count] is room for the eigenvalues and the residuals. */
static int WriteSpectrum(SgdSpectrum s, const char *path, double *column) {
  const hsize_t dims[2] = {(hsize_t)s->count, (hsize_t)s->P};
  SgdSerialH5 f;

  for (int k = 0; k < s->count; k++) {
    column[k] = s->mode[k].eigenvalue;
    column[s->count + k] = s->mode[k].residual;
  }
  SgdSerialH5Create(path, &f);
  WriteAttributes(s, &f);
  SgdSerialH5Doubles(&f, "/eigenvalues", 1, dims, column);
  SgdSerialH5Doubles(&f, "/residuals", 1, dims, column + s->count);
  SgdSerialH5Doubles(&f, "/V", 2, dims, s->v);
  return SgdSerialH5Close(&f);
}

PetscErrorCode SgdSpectrumSave(SgdSpectrum s, MPI_Comm comm, const char *path) {
  PetscMPIInt rank;
  double *column;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  PetscCall(PetscMalloc1(2 * s->count, &column));
  if (!rank) error = WriteSpectrum(s, path, column);
  PetscCall(PetscFree(column));
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int ReadAttribute(hid_t file, const char *name, hid_t type, void *value) {
  hid_t a = H5Aopen(file, name, H5P_DEFAULT);
  const int bad = a < 0 || H5Aread(a, type, value) < 0;

  if (a >= 0) H5Aclose(a);
  return bad;
}

/* The dataset's extents if it has `rank` of them. */
static int Extents(hid_t file, const char *name, int rank, hsize_t dims[]) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
  const int bad =
      space < 0 || H5Sget_simple_extent_ndims(space) != rank || H5Sget_simple_extent_dims(space, dims, NULL) != rank;

  if (space >= 0) H5Sclose(space);
  if (set >= 0) H5Dclose(set);
  return bad;
}

static int ReadDataset(hid_t file, const char *name, double *data) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  const int bad = set < 0 || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;

  if (set >= 0) H5Dclose(set);
  return bad;
}

/* Everything but the key, which fits already. 0: read, and finite. */
static int ReadPairs(hid_t file, PetscInt P, SgdSpectrum s) {
  hsize_t count, other, dims[2];
  int complete;
  double *column;

  if (Extents(file, "/eigenvalues", 1, &count) || Extents(file, "/residuals", 1, &other) ||
      Extents(file, "/V", 2, dims) || other != count || dims[0] != count || dims[1] != (hsize_t)P || !count)
    return 1;
  *s = (struct _p_SgdSpectrum){.P = P, .count = (int)count};
  if (PetscCalloc1(count, &s->mode) || PetscMalloc1(count * dims[1], &s->v) || PetscMalloc1(2 * count, &column))
    return 1;
  int bad = ReadAttribute(file, "complete", H5T_NATIVE_INT, &complete) ||
            ReadAttribute(file, "dense_error", H5T_NATIVE_DOUBLE, &s->dense_error) ||
            ReadDataset(file, "/eigenvalues", column) || ReadDataset(file, "/residuals", column + count) ||
            ReadDataset(file, "/V", s->v);
  if (!bad) s->complete = (PetscBool)complete;
  for (int k = 0; !bad && k < s->count; k++) {
    s->mode[k].eigenvalue = column[k], s->mode[k].residual = column[s->count + k];
    bad = !isfinite(column[k]);
  }
  for (size_t i = 0; !bad && i < count * dims[1]; i++) bad = !isfinite(s->v[i]);
  return PetscFree(column) || bad;
}

enum { READ, ABSENT, OTHER, DAMAGED, FOREIGN };

static int ReadSpectrum(const char *path, const char *key, PetscInt P, SgdSpectrum s) {
  char found[SGD_SPECTRUM_KEY] = "";
  hid_t file, text;
  int verdict = READ;

  if (access(path, F_OK)) return ABSENT;
  if ((file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)) < 0) return FOREIGN;
  text = KeyType();
  if (ReadAttribute(file, "key", text, found))
    verdict = FOREIGN;
  else if (strncmp(found, key, sizeof found))
    verdict = OTHER;
  else if (ReadPairs(file, P, s))
    verdict = DAMAGED;
  H5Tclose(text);
  H5Fclose(file);
  return verdict;
}

static PetscErrorCode Broadcast(MPI_Comm comm, PetscMPIInt rank, SgdSpectrum s) {
  int head[2] = {s->count, s->complete};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(head, 2, MPI_INT, 0, comm));
  s->count = head[0], s->complete = (PetscBool)head[1];
  if (rank) {
    PetscCall(PetscCalloc1(s->count, &s->mode));
    PetscCall(PetscMalloc1((size_t)s->count * (size_t)s->P, &s->v));
  }
  PetscCallMPI(MPI_Bcast(&s->dense_error, 1, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(s->mode, (PetscMPIInt)((size_t)s->count * sizeof *s->mode), MPI_BYTE, 0, comm));
  for (int k = 0; k < s->count; k++) /* row by row: all together may be more than an int counts */
    PetscCallMPI(MPI_Bcast(s->v + (size_t)k * (size_t)s->P, (PetscMPIInt)s->P, MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumLoad(MPI_Comm comm, const char *path, const char *key, PetscInt P, SgdSpectrum *spectrum,
                               const char **why) {
  static const char *const reason[] = {"", "there is no such file yet", "it is of another case", "it is damaged"};
  PetscMPIInt rank;
  int verdict = READ;
  SgdHDF5Errors before;
  SgdSpectrum s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  SgdHDF5Quiet(&before);
  if (!rank) verdict = ReadSpectrum(path, key, P, s);
  SgdHDF5AsBefore(&before);
  PetscCall(SgdAgree(comm, &verdict));
  *spectrum = NULL;
  if (verdict != READ) PetscCall(SgdSpectrumDestroy(&s));
  if (verdict == FOREIGN)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "spectrum.file: %s is not a file of eigenpairs written by sgdfp; name another, or remove it", path);
  *why = reason[verdict];
  if (verdict != READ) PetscFunctionReturn(PETSC_SUCCESS);
  s->P = P;
  PetscCall(PetscStrncpy(s->key, key, sizeof s->key));
  PetscCall(Broadcast(comm, rank, s));
  *spectrum = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}
