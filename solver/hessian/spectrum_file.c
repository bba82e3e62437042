#include "solver/hessian/spectrum_file.h"
#include "solver/hessian/spectrum_vectors.h"
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

static int ReadColumn(hid_t file, const char *name, double *data) {
  hid_t set = H5Dopen2(file, name, H5P_DEFAULT);
  const int bad = set < 0 || H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, data) < 0;

  if (set >= 0) H5Dclose(set);
  return bad;
}

/* Row k of /V [count][P]. 0: read, and finite. */
static int ReadRow(hid_t set, int k, PetscInt P, double *v) {
  const hsize_t start[2] = {(hsize_t)k, 0}, count[2] = {1, (hsize_t)P};
  hid_t space = H5Dget_space(set), memory = H5Screate_simple(2, count, NULL);
  int bad = H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) < 0 ||
            H5Dread(set, H5T_NATIVE_DOUBLE, memory, space, H5P_DEFAULT, v) < 0;

  H5Sclose(memory);
  H5Sclose(space);
  for (PetscInt i = 0; !bad && i < P; i++) bad = !isfinite(v[i]);
  return bad;
}

/* Everything but the key, which fits already, and the vectors. 0: read, and finite. */
static int ReadModes(hid_t file, SgdSpectrum s) {
  hsize_t count, other, dims[2];
  int complete;
  double *column;

  if (Extents(file, "/eigenvalues", 1, &count) || Extents(file, "/residuals", 1, &other) ||
      Extents(file, "/V", 2, dims) || other != count || dims[0] != count || dims[1] != (hsize_t)s->P || !count)
    return 1;
  s->count = (int)count;
  if (PetscCalloc1(count, &s->mode) || PetscMalloc1(2 * count, &column)) return 1;
  int bad = ReadAttribute(file, "complete", H5T_NATIVE_INT, &complete) ||
            ReadAttribute(file, "dense_error", H5T_NATIVE_DOUBLE, &s->dense_error) ||
            ReadColumn(file, "/eigenvalues", column) || ReadColumn(file, "/residuals", column + count);
  if (!bad) s->complete = (PetscBool)complete;
  for (int k = 0; !bad && k < s->count; k++) {
    s->mode[k].eigenvalue = column[k], s->mode[k].residual = column[s->count + k];
    bad = !isfinite(column[k]);
  }
  return PetscFree(column) || bad;
}

enum { READ, ABSENT, OTHER, DAMAGED, FOREIGN };

/* On rank 0: *file stays open where the verdict is READ. */
static int ReadHead(const char *path, const char *key, SgdSpectrum s, hid_t *file) {
  char found[SGD_SPECTRUM_KEY] = "";
  hid_t text;
  int verdict = READ;

  if (access(path, F_OK)) return ABSENT;
  if ((*file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT)) < 0) return FOREIGN;
  text = SgdSpectrumKeyType();
  if (ReadAttribute(*file, "key", text, found))
    verdict = FOREIGN;
  else if (strncmp(found, key, sizeof found))
    verdict = OTHER;
  else if (ReadModes(*file, s))
    verdict = DAMAGED;
  H5Tclose(text);
  if (verdict != READ) H5Fclose(*file);
  return verdict;
}

static PetscErrorCode BroadcastModes(MPI_Comm comm, PetscMPIInt rank, SgdSpectrum s) {
  int head[2] = {s->count, s->complete};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(head, 2, MPI_INT, 0, comm));
  s->complete = (PetscBool)head[1];
  s->count = 0;
  if (rank) PetscCall(SgdSpectrumGrow(s, head[0]));
  if (!rank) PetscCall(PetscMalloc1((size_t)head[0] * (size_t)s->shares->local, &s->v));
  s->count = head[0];
  PetscCallMPI(MPI_Bcast(&s->dense_error, 1, MPI_DOUBLE, 0, comm));
  PetscCallMPI(MPI_Bcast(s->mode, (PetscMPIInt)((size_t)s->count * sizeof *s->mode), MPI_BYTE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The vectors, one at a time: read on rank 0, and to each rank what it holds of it. *bad: on rank 0. */
static PetscErrorCode ReadVectors(MPI_Comm comm, PetscMPIInt rank, hid_t file, SgdSpectrum s, int *bad) {
  hid_t set = rank ? -1 : H5Dopen2(file, "/V", H5P_DEFAULT);
  double *v;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(rank ? 1 : s->P, &v));
  for (int k = 0; k < s->count; k++) {
    double *row = s->v + (size_t)k * (size_t)s->shares->local;
    if (!rank && !*bad) *bad = set < 0 || ReadRow(set, k, s->P, v);
    if (s->distributed) {
      PetscCall(SgdSpectrumFromFirst(s, k, v));
      continue;
    }
    if (!rank) PetscCall(PetscArraycpy(row, v, s->P));
    PetscCallMPI(MPI_Bcast(row, (PetscMPIInt)s->P, MPI_DOUBLE, 0, comm));
  }
  if (set >= 0) H5Dclose(set);
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Collective; *verdict agreed on. */
static PetscErrorCode ReadSpectrum(MPI_Comm comm, const char *path, const char *key, SgdSpectrum s, int *verdict) {
  PetscMPIInt rank;
  hid_t file = -1;
  int bad = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) *verdict = ReadHead(path, key, s, &file);
  PetscCall(SgdAgree(comm, verdict));
  if (*verdict != READ) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(BroadcastModes(comm, rank, s));
  PetscCall(ReadVectors(comm, rank, file, s, &bad));
  if (!rank) H5Fclose(file);
  PetscCall(SgdAgree(comm, &bad));
  if (bad) *verdict = DAMAGED;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumLoad(MPI_Comm comm, const char *path, const char *key, Mat H, PetscBool distributed,
                               SgdSpectrum *spectrum, const char **why) {
  static const char *const reason[] = {"", "there is no such file yet", "it is of another case", "it is damaged"};
  int verdict = READ;
  SgdHDF5Errors before;
  SgdSpectrum s;

  PetscFunctionBegin;
  *spectrum = NULL;
  PetscCall(PetscNew(&s));
  s->distributed = distributed;
  PetscCall(SgdSpectrumLayOut(s, H));
  SgdHDF5Quiet(&before);
  PetscCall(ReadSpectrum(comm, path, key, s, &verdict));
  SgdHDF5AsBefore(&before);
  if (verdict != READ) PetscCall(SgdSpectrumDestroy(&s));
  if (verdict == FOREIGN)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "spectrum.file: %s is not a file of eigenpairs written by sgdfp; name another, or remove it", path);
  *why = reason[verdict];
  if (verdict != READ) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscStrncpy(s->key, key, sizeof s->key));
  *spectrum = s;
  PetscFunctionReturn(PETSC_SUCCESS);
}
