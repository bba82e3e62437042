#include "solver/restart/checkpoint.h"
#include "cases/base/disk_room.h"
#include "cases/base/replace_file.h"
#include "solver/output/parallel_hdf5.h"
#include "solver/output/text_files.h"
#include "solver/restart/interrupt.h"
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FORMAT  "sgdfp-checkpoint-1"
#define PARTIAL SGD_CHECKPOINT ".tmp"

/* Of a text that is kept: a length beyond it was not written by this program. */
static const long long LONGEST_TEXT = 1 << 30;

#define STRUCTURE 4096 /* bytes of HDF5's own for a dataset and its groups, at the most */

struct _p_SgdCheckpoint {
  SgdH5 h5;
  PetscBool reading, counting; /* counting: nothing is written yet */
  double bytes;                /* counted */
  char folder[PETSC_MAX_PATH_LEN];
};

/* One entry's share of a dataset's checksum: the shares add up the same in any order, so on any number of ranks. The
   finaliser is that of MurmurHash3. */
static uint64_t Share(uint64_t place, uint64_t bits) {
  uint64_t h = bits ^ (place * UINT64_C(0x9e3779b97f4a7c15));

  h = (h ^ (h >> 33)) * UINT64_C(0xff51afd7ed558ccd);
  h = (h ^ (h >> 33)) * UINT64_C(0xc4ceb9fe1a85ec53);
  return h ^ (h >> 33);
}

/* Write the checksum beside the data, or compare. */
static void Seal(SgdCheckpoint c, hid_t data, uint64_t sum) {
  hid_t attribute;
  uint64_t found = 0;

  if (!c->reading) {
    SgdH5Attribute(&c->h5, data, "checksum", H5T_NATIVE_UINT64, 0, 1, &sum);
    return;
  }
  attribute = SgdH5Must(&c->h5, H5Aopen(data, "checksum", H5P_DEFAULT));
  SgdH5Must(&c->h5, H5Aread(attribute, H5T_NATIVE_UINT64, &found));
  SgdH5Must(&c->h5, H5Aclose(attribute));
  if (found != sum) c->h5.bad = 1;
}

/* The dataset `name` of n entries, created or opened (and of that length). */
static hid_t Dataset(SgdCheckpoint c, const char *name, hid_t type, hsize_t n) {
  hid_t links, space, data;
  hsize_t found;

  if (c->reading) {
    data = SgdH5Must(&c->h5, H5Dopen2(c->h5.file, name, H5P_DEFAULT));
    SgdH5Shape(&c->h5, data, 1, &found);
    if (found != n) c->h5.bad = 1;
    return data;
  }
  links = SgdH5Must(&c->h5, H5Pcreate(H5P_LINK_CREATE));
  SgdH5Must(&c->h5, H5Pset_create_intermediate_group(links, 1));
  space = SgdH5Must(&c->h5, H5Screate_simple(1, &n, NULL));
  data = SgdH5Must(&c->h5, H5Dcreate2(c->h5.file, name, type, space, links, H5P_DEFAULT, H5P_DEFAULT));
  SgdH5Must(&c->h5, H5Sclose(space));
  SgdH5Must(&c->h5, H5Pclose(links));
  return data;
}

/* Entries [start, start + count) of it, this rank's: one collective call. */
static void TransferPiece(SgdCheckpoint c, hid_t data, hid_t type, hsize_t start, hsize_t count, void *value) {
  hid_t space = SgdH5Must(&c->h5, H5Dget_space(data)), memory = SgdH5Must(&c->h5, H5Screate_simple(1, &count, NULL));
  char nothing;

  if (count)
    SgdH5Must(&c->h5, H5Sselect_hyperslab(space, H5S_SELECT_SET, &start, NULL, &count, NULL));
  else
    SgdH5Must(&c->h5, H5Sselect_none(space));
  if (!value) value = &nothing;
  if (c->reading)
    SgdH5Must(&c->h5, H5Dread(data, type, memory, space, c->h5.transfer, value));
  else
    SgdH5Must(&c->h5, H5Dwrite(data, type, memory, space, c->h5.transfer, value));
  SgdH5Must(&c->h5, H5Sclose(memory));
  SgdH5Must(&c->h5, H5Sclose(space));
}

/* ... in pieces that MPI-IO's counts can hold, as many on every rank. */
static void Transfer(SgdCheckpoint c, hid_t data, hid_t type, hsize_t start, hsize_t count, void *value) {
  const size_t size = H5Tget_size(type);
  long long pieces = (long long)((count + SgdH5Piece - 1) / SgdH5Piece);

  MPI_Allreduce(MPI_IN_PLACE, &pieces, 1, MPI_LONG_LONG, MPI_MAX, c->h5.comm);
  for (hsize_t p = 0; p < (hsize_t)pieces; p++) {
    const hsize_t from = PetscMin(count, p * SgdH5Piece), n = PetscMin(SgdH5Piece, count - from);
    TransferPiece(c, data, type, start + from, n, value ? (char *)value + from * size : NULL);
  }
}

PetscErrorCode SgdCheckpointShared(SgdCheckpoint c, const char *name, size_t bytes, void *data) {
  const unsigned char *byte = data;
  uint64_t sum = 0;
  PetscMPIInt me;
  hid_t set;

  PetscFunctionBegin;
  c->bytes += (double)bytes + STRUCTURE;
  if (c->counting || !bytes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(c->h5.comm, &me));
  set = Dataset(c, name, H5T_NATIVE_UCHAR, bytes);
  Transfer(c, set, H5T_NATIVE_UCHAR, 0, c->reading || !me ? bytes : 0, data);
  for (size_t i = 0; i < bytes; i++) sum += Share(i, byte[i]);
  if (!c->reading) PetscCallMPI(MPI_Bcast(&sum, 1, MPI_UINT64_T, 0, c->h5.comm)); /* rank 0's is what is written */
  Seal(c, set, sum);
  SgdH5Must(&c->h5, H5Dclose(set));
  if (c->reading) PetscCall(SgdH5Verdict(&c->h5, "be read: it is damaged, or of another version of sgdfp"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointState(SgdCheckpoint c, const char *name, Vec y) {
  PetscInt first, last, size;
  PetscScalar *value;
  uint64_t sum = 0, bits;
  hid_t set;

  PetscFunctionBegin;
  PetscCall(VecGetSize(y, &size));
  c->bytes += (double)size * sizeof(PetscScalar) + STRUCTURE;
  if (c->counting || !size) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(VecGetOwnershipRange(y, &first, &last));
  set = Dataset(c, name, H5T_NATIVE_DOUBLE, (hsize_t)size);
  PetscCall(VecGetArray(y, &value));
  Transfer(c, set, H5T_NATIVE_DOUBLE, (hsize_t)first, (hsize_t)(last - first), value);
  for (PetscInt i = first; i < last; i++) {
    memcpy(&bits, &value[i - first], sizeof bits);
    sum += Share((uint64_t)i, bits);
  }
  PetscCall(VecRestoreArray(y, &value));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &sum, 1, MPI_UINT64_T, MPI_SUM, c->h5.comm));
  Seal(c, set, sum);
  SgdH5Must(&c->h5, H5Dclose(set));
  if (c->reading) PetscCall(SgdH5Verdict(&c->h5, "be read: it is damaged, or of another version of sgdfp"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* That the dataset `name` has n entries is known before memory is asked for them: a damaged length may be a gigabyte. */
static PetscErrorCode CheckLength(SgdCheckpoint c, const char *name, long long n) {
  PetscFunctionBegin;
  if (n < 1 || n > LONGEST_TEXT) c->h5.bad = 1;
  SgdH5Must(&c->h5, H5Dclose(Dataset(c, name, H5T_NATIVE_UCHAR, (hsize_t)n)));
  PetscCall(SgdH5Verdict(&c->h5, "be read: it is damaged, or of another version of sgdfp"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointText(SgdCheckpoint c, const char *name, char **text) {
  char length_name[128];
  long long length = c->reading ? 0 : (long long)strlen(*text) + 1;

  PetscFunctionBegin;
  snprintf(length_name, sizeof length_name, "%s_length", name);
  PetscCall(SgdCheckpointShared(c, length_name, sizeof length, &length));
  if (c->reading) PetscCall(CheckLength(c, name, length));
  if (c->reading) PetscCall(PetscCalloc1(length + 1, text));
  PetscCall(SgdCheckpointShared(c, name, (size_t)length, *text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdCheckpointReading(SgdCheckpoint c) {
  return c->reading;
}

PetscErrorCode SgdCheckpointHas(SgdCheckpoint c, const char *name, PetscBool *has) {
  *has = (PetscBool)(H5Lexists(c->h5.file, name, H5P_DEFAULT) > 0);
  return PETSC_SUCCESS;
}

PetscErrorCode SgdCheckpointCreate(MPI_Comm comm, const char *folder, SgdCheckpoint *checkpoint) {
  char path[PETSC_MAX_PATH_LEN], format[] = FORMAT;
  SgdCheckpoint c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *checkpoint = c;
  PetscCall(PetscStrncpy(c->folder, folder, sizeof c->folder));
  SgdJoinPath(folder, PARTIAL, path);
  PetscCall(SgdH5Create(comm, path, &c->h5));
  PetscCall(SgdCheckpointShared(c, "/format", sizeof format, format));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointWrite(MPI_Comm comm, const char *folder,
                                  PetscErrorCode (*parts)(void *context, SgdCheckpoint c), void *context) {
  struct _p_SgdCheckpoint count = {.counting = PETSC_TRUE, .h5 = {.comm = comm}};
  char path[PETSC_MAX_PATH_LEN];
  SgdCheckpoint c;

  PetscFunctionBegin;
  PetscCall(parts(context, &count));
  SgdJoinPath(folder, PARTIAL, path);
  PetscCall(SgdDiskRoom(comm, path, count.bytes));
  SgdInterruptSaving(PETSC_TRUE);
  PetscCall(SgdCheckpointCreate(comm, folder, &c));
  PetscCall(parts(context, c));
  PetscCall(SgdCheckpointClose(&c));
  SgdInterruptSaving(PETSC_FALSE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Exists(MPI_Comm comm, const char *path, int *absent) {
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  *absent = !rank && access(path, F_OK) ? errno : 0;
  PetscCall(SgdAgree(comm, absent));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointOpen(MPI_Comm comm, const char *folder, SgdCheckpoint *checkpoint) {
  char path[PETSC_MAX_PATH_LEN], format[sizeof FORMAT] = "";
  SgdCheckpoint c;
  int absent;

  PetscFunctionBegin;
  SgdJoinPath(folder, SGD_CHECKPOINT, path);
  PetscCall(Exists(comm, path, &absent));
  if (absent)
    return SgdFail(comm, SGD_EXIT_FILES,
                   "%s: %s: the work there is complete, or it stopped before its first checkpoint: start it anew", path,
                   strerror(absent));
  PetscCall(PetscNew(&c));
  *checkpoint = c;
  c->reading = PETSC_TRUE;
  PetscCall(PetscStrncpy(c->folder, folder, sizeof c->folder));
  PetscCall(SgdH5Open(comm, path, PETSC_FALSE, &c->h5));
  PetscCall(SgdCheckpointShared(c, "/format", sizeof format, format));
  if (strcmp(format, FORMAT))
    return SgdFail(comm, SGD_EXIT_FILES, "%s: its format is \"%s\", expected \"%s\"", path, format, FORMAT);
  SgdInterruptKeeps(SGD_KEEPS_CHECKPOINT);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointClose(SgdCheckpoint *checkpoint) {
  char temporary[PETSC_MAX_PATH_LEN], path[PETSC_MAX_PATH_LEN];
  SgdCheckpoint c = *checkpoint;
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  if (!c) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdH5Close(&c->h5));
  PetscCallMPI(MPI_Comm_rank(c->h5.comm, &rank));
  SgdJoinPath(c->folder, PARTIAL, temporary);
  SgdJoinPath(c->folder, SGD_CHECKPOINT, path);
  if (!c->reading && !rank) error = SgdReplaceFile(temporary, path);
  PetscCall(SgdWritten(c->h5.comm, path, error));
  SgdInterruptKeeps(SGD_KEEPS_CHECKPOINT);
  PetscCall(PetscFree(*checkpoint));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCheckpointRemove(MPI_Comm comm, const char *folder) {
  char path[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  SgdJoinPath(folder, SGD_CHECKPOINT, path);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && unlink(path) && errno != ENOENT) error = errno;
  PetscCall(SgdAgree(comm, &error));
  SgdInterruptKeeps(SGD_KEEPS_NOTHING);
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot remove it: %s", path, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
