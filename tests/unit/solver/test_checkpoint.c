/* Checkpoints: what is written comes back, from any layout; the last whole one stays until the next is; damage shows.
 */
#include "case_fixture.h"
#include "solver/output/parallel_hdf5.h"
#include "solver/restart/checkpoint.h"
#include <fcntl.h>
#include <math.h>

enum { N = 23 };
static char where[128];

static Vec State(int first_of_last) {
  PetscMPIInt size;
  PetscInt local;
  Vec y;

  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  /* everything on the last rank but `first_of_last` entries on each of the others */
  local = rank == size - 1 ? N - first_of_last * (size - 1) : first_of_last;
  VecCreateMPI(PETSC_COMM_WORLD, local, N, &y);
  return y;
}

static void Fill(Vec y) {
  PetscInt first, last;
  PetscScalar *value;

  VecGetOwnershipRange(y, &first, &last);
  VecGetArray(y, &value);
  for (PetscInt i = first; i < last; i++) value[i - first] = 1.0 / (1 + (double)i);
  VecRestoreArray(y, &value);
}

static PetscErrorCode Transfer(SgdCheckpoint c, double figure[3], char **text, Vec y) {
  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/a/number", 3 * sizeof *figure, figure));
  PetscCall(SgdCheckpointText(c, "/a/text", text));
  PetscCall(SgdCheckpointState(c, "/a/b/state", y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Write(double scale) {
  double figure[3] = {scale, 2 * scale, -0.0};
  char *text = (char[]){"two\nlines"};
  SgdCheckpoint c;
  Vec y = State(2);

  Fill(y);
  assert_int_equal(SgdCheckpointCreate(PETSC_COMM_WORLD, where, &c), 0);
  assert_false(SgdCheckpointReading(c));
  assert_int_equal(Transfer(c, figure, &text, y), 0);
  assert_int_equal(SgdCheckpointClose(&c), 0);
  assert_null(c);
  VecDestroy(&y);
}

/* Reading into another layout than the written one. */
static PetscErrorCode Read(double scale) {
  double figure[3], difference;
  char *text;
  SgdCheckpoint c;
  Vec y = State(5), exact = State(5);

  PetscFunctionBegin;
  PetscCall(SgdCheckpointOpen(PETSC_COMM_WORLD, where, &c));
  PetscCall(Transfer(c, figure, &text, y));
  PetscCall(SgdCheckpointClose(&c));
  assert_true(figure[0] == scale && figure[1] == 2 * scale && figure[2] == 0 && signbit(figure[2]));
  assert_string_equal(text, "two\nlines");
  Fill(exact);
  VecAXPY(exact, -1, y);
  VecNorm(exact, NORM_INFINITY, &difference);
  assert_true(difference == 0);
  PetscFree(text);
  VecDestroy(&y);
  VecDestroy(&exact);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void ComesBack(void **state) {
  (void)state;
  Write(1.5);
  assert_int_equal(Read(1.5), 0);
}

/* A few numbers a call, as many calls on every rank, also on those that have less to write. */
static void ComesBackInPieces(void **state) {
  const hsize_t kept = SgdH5Piece;

  (void)state;
  for (hsize_t written = 1; written <= 4; written++) {
    SgdH5Piece = written;
    Write(1.5);
    SgdH5Piece = 5 - written;
    assert_int_equal(Read(1.5), 0);
  }
  SgdH5Piece = kept;
}

/* One that is not finished does not touch the one in place. */
static void KeepsTheLastWholeOne(void **state) {
  double figure[3] = {7, 7, 7};
  SgdCheckpoint c;

  (void)state;
  Write(2.5);
  assert_int_equal(SgdCheckpointCreate(PETSC_COMM_WORLD, where, &c), 0);
  assert_int_equal(SgdCheckpointShared(c, "/a/number", sizeof figure, figure), 0);
  assert_int_equal(Read(2.5), 0); /* as after a crash here */
  Write(3.5);
  assert_int_equal(Read(3.5), 0);
}

/* Another length, an absent part, and no file at all. */
static void RefusesWhatDoesNotFit(void **state) {
  double figure[4];
  SgdCheckpoint c;

  (void)state;
  Write(1);
  assert_int_equal(SgdCheckpointOpen(PETSC_COMM_WORLD, where, &c), 0);
  assert_int_equal(SgdExitCode(SgdCheckpointShared(c, "/a/number", sizeof figure, figure)), SGD_EXIT_FILES);
  assert_int_equal(SgdCheckpointOpen(PETSC_COMM_WORLD, where, &c), 0);
  assert_int_equal(SgdExitCode(SgdCheckpointShared(c, "/absent", sizeof figure, figure)), SGD_EXIT_FILES);
  assert_int_equal(SgdCheckpointRemove(PETSC_COMM_WORLD, where), 0);
  assert_int_equal(SgdExitCode(SgdCheckpointOpen(PETSC_COMM_WORLD, where, &c)), SGD_EXIT_FILES);
}

/* Every bit of the data counts: flip them one after the other. */
static void SeesEveryBit(void **state) {
  char path[256];

  off_t at = -1;

  (void)state;

  snprintf(path, sizeof path, "%s/%s", where, SGD_CHECKPOINT);
  for (int bit = 0; bit < 64; bit += 9) {
    const double wanted = 1.0 / 7; /* entry 6 of the state */
    Write(1);
    if (!rank) {
      int file = open(path, O_RDWR);
      double found;
      for (at = 0; pread(file, &found, sizeof found, at) == sizeof found && memcmp(&found, &wanted, sizeof found);)
        at++;
      uint64_t image;
      memcpy(&image, &wanted, sizeof image);
      image ^= UINT64_C(1) << bit;
      assert_true(pwrite(file, &image, sizeof image, at) == sizeof image);
      close(file);
    }
    MPI_Barrier(PETSC_COMM_WORLD);
    assert_int_equal(SgdExitCode(Read(1)), SGD_EXIT_FILES);
  }
}

static int Folder(void **state) {
  char path[128];

  if (MakeFolder(state)) return 1;
  WriteFile("place", "", 0, path);
  *strrchr(path, '/') = 0;
  snprintf(where, sizeof where, "%s", path);
  return 0;
}

static int Remove(void **state) {
  if (SgdCheckpointRemove(PETSC_COMM_WORLD, where)) return 1;
  return RemoveFolder(state);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(ComesBack), cmocka_unit_test(ComesBackInPieces),
                                     cmocka_unit_test(KeepsTheLastWholeOne), cmocka_unit_test(RefusesWhatDoesNotFit),
                                     cmocka_unit_test(SeesEveryBit)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = SgdErrorHandlerPush() || cmocka_run_group_tests(tests, Folder, Remove);
  return PetscFinalize() || failed;
}
