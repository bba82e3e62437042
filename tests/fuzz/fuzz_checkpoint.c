/* The reader of checkpoints: what was written comes back; with contents changed it comes back the same or is refused. First
   byte: the state's length; then whether the writer is hostile; changes; the rest is a text that the checkpoint keeps. */
#include "fuzz.h"
#include "solver/restart/checkpoint.h"
#include <hdf5.h>
#include <sys/stat.h>

enum { LONGEST = 32, CHANGES = 4 };

/* Files of one process go without MPI-IO, whose opening and closing took nine tenths of the time (linked by --wrap). */
herr_t __wrap_H5Pset_fapl_mpio(hid_t list, MPI_Comm comm, MPI_Info info);
herr_t __wrap_H5Pset_dxpl_mpio(hid_t list, H5FD_mpio_xfer_t mode);

herr_t __wrap_H5Pset_fapl_mpio(hid_t list, MPI_Comm comm, MPI_Info info) {
  (void)list, (void)comm, (void)info;
  return 0;
}

herr_t __wrap_H5Pset_dxpl_mpio(hid_t list, H5FD_mpio_xfer_t mode) {
  (void)list, (void)mode;
  return 0;
}

static char folder[64], file[96];

static void WriteOne(const char *text, Vec y) {
  char *kept = (char *)(uintptr_t)text;
  int number = 7;
  SgdCheckpoint c;

  if (SgdCheckpointCreate(PETSC_COMM_SELF, folder, &c) || SgdCheckpointShared(c, "number", sizeof number, &number) ||
      SgdCheckpointText(c, "case", &kept) || SgdCheckpointState(c, "density", y) || SgdCheckpointClose(&c))
    abort();
}

static const char *const names[] = {"/format", "number", "case_length", "case", "density"};
enum { NAMES = 5, ROOM = 512 };

/* One byte of a dataset, with its checksum left as it was. 1: it is another one now. */
static int ChangeByte(hid_t set, Input *in) {
  static unsigned char value[ROOM];
  const hid_t type = H5Dget_type(set), space = H5Dget_space(set);
  const size_t size = H5Tget_size(type) * (size_t)H5Sget_simple_extent_npoints(space);
  int changed = 0;

  if (size && size <= ROOM && H5Dread(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0) {
    unsigned char *byte = &value[Next(in) % size], before = *byte;
    *byte = Next(in);
    changed = *byte != before;
    H5Dwrite(set, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, value);
  }
  H5Sclose(space);
  H5Tclose(type);
  return changed;
}

/* Contents and structure; the bytes of the container are the HDF5 library's to check, and some it does not survive. */
static int Change(Input *in) {
  const hid_t f = H5Fopen(file, H5F_ACC_RDWR, H5P_DEFAULT);
  int changed = 0;

  if (f < 0) abort();
  for (int k = Next(in) % (CHANGES + 1); k > 0; k--) {
    const char *name = names[Next(in) % NAMES];
    const int action = Next(in) % 8;
    const hid_t set = H5Lexists(f, name, H5P_DEFAULT) > 0 ? H5Dopen2(f, name, H5P_DEFAULT) : -1;
    if (set < 0) continue;
    if (action < 6) changed |= ChangeByte(set, in);
    if (action == 6) changed |= H5Adelete(set, "checksum") >= 0;
    H5Dclose(set);
    if (action == 7) changed |= H5Ldelete(f, name, H5P_DEFAULT) >= 0;
  }
  H5Fclose(f);
  return changed;
}

/* A checkpoint whose checksums are right and whose text is none: another length, no zero at its end. */
static void WriteHostile(Input *in, Vec y) {
  long long length = 0;
  char text[8];
  int number = 7;
  SgdCheckpoint c;

  for (size_t k = 0; k < sizeof length; k++) ((unsigned char *)&length)[k] = k > 1 && Next(in) < 128 ? 0 : Next(in);
  for (size_t k = 0; k < sizeof text; k++) text[k] = (char)Next(in);
  if (SgdCheckpointCreate(PETSC_COMM_SELF, folder, &c) || SgdCheckpointShared(c, "number", sizeof number, &number) ||
      SgdCheckpointShared(c, "case_length", sizeof length, &length) ||
      SgdCheckpointShared(c, "case", sizeof text, text) || SgdCheckpointState(c, "density", y) ||
      SgdCheckpointClose(&c))
    abort();
}

static void ReadOne(const char *text, Vec y, Vec z, int changed) {
  char *found = NULL;
  int number = 0;
  PetscBool same = PETSC_TRUE;
  SgdCheckpoint c = NULL;
  PetscErrorCode ierr = SgdCheckpointOpen(PETSC_COMM_SELF, folder, &c);

  if (!ierr) ierr = SgdCheckpointShared(c, "number", sizeof number, &number);
  if (!ierr) ierr = SgdCheckpointText(c, "case", &found);
  if (!ierr) ierr = SgdCheckpointState(c, "density", z);
  if (!ierr) ierr = SgdCheckpointClose(&c);
  Expected(ierr);
  if (c) Expected(SgdCheckpointClose(&c));
  if (ierr && !changed) abort();
  if (!ierr && VecEqual(y, z, &same)) abort();
  if (!ierr && changed == 2) same = (PetscBool)(same && strlen(found) < 256);
  if (!ierr && changed < 2 && (!same || number != 7 || strncmp(found, text, 256))) abort();
  if (PetscFree(found)) abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input in = {data, size};
  const PetscInt n = Next(&in) % LONGEST + 1;
  char text[256];
  Vec y, z;

  if (!*folder) {
    Name(folder, sizeof folder, "checkpoint");
    snprintf(file, sizeof file, "%s/%s", folder, SGD_CHECKPOINT);
    if (mkdir(folder, 0700)) abort();
  }
  if (VecCreateSeq(PETSC_COMM_SELF, n, &y) || VecDuplicate(y, &z) || VecSet(y, 1.5)) abort();
  const int hostile = Next(&in) > 200;
  Input rest = in;
  for (int k = 0; k < 1 + 4 * CHANGES; k++) (void)Next(&rest);
  snprintf(text, sizeof text, "%.*s", (int)PetscMin(rest.size, 200), rest.size ? (const char *)rest.data : "");
  if (hostile)
    WriteHostile(&in, y);
  else
    WriteOne(text, y);
  ReadOne(text, y, z, hostile ? 2 : Change(&in));
  if (VecDestroy(&y) || VecDestroy(&z)) abort();
  return 0;
}
