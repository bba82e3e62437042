/* Files that appear whole or not at all: whatever stops the writing, the reason is told, what was there before stays,
   and nothing is left lying about. */
#include "cases/base/serial_hdf5.h"
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

enum { N = 3000 };

static double value[N];
static char folder[] = "/tmp/sgdfp_hdf5_XXXXXX"; /* every rank has its own */
static char path[PETSC_MAX_PATH_LEN], temporary[PETSC_MAX_PATH_LEN + 4];

static int Write(double first) {
  const hsize_t shape[2] = {3, N / 3};
  const int complete = 1;
  SgdSerialH5 f;

  value[0] = first;
  SgdSerialH5Create(path, &f);
  SgdSerialH5Attribute(&f, "complete", H5T_NATIVE_INT, &complete);
  SgdSerialH5Doubles(&f, "/some/where/w", 2, shape, value);
  return SgdSerialH5Close(&f);
}

/* The first number in the file; and all others are as they were written. */
static double First(void) {
  static double w[N];
  hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "/some/where/w", H5P_DEFAULT);

  assert_true(file >= 0 && set >= 0);
  assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, w) >= 0);
  for (int i = 1; i < N; i++) assert_true(w[i] == value[i]);
  assert_true(H5Aexists(file, "complete") > 0);
  H5Dclose(set);
  H5Fclose(file);
  return w[0];
}

static void Name(const char *name) {
  snprintf(path, sizeof path, "%s/%s", folder, name);
  snprintf(temporary, sizeof temporary, "%s.tmp", path);
}

static void test_replaces(void **state) {
  (void)state;
  Name("whole.h5");
  assert_int_equal(Write(1), 0);
  assert_true(First() == 1);
  assert_int_equal(Write(2), 0);
  assert_true(First() == 2);
  assert_true(access(temporary, F_OK));
}

/* The first byte of the numbers as they lie in the file, changed. */
static void Flip(double known) {
  static char byte[1 << 20];
  FILE *f = fopen(path, "r+");
  const size_t size = fread(byte, 1, sizeof byte, f);
  char *at = byte;

  while (at + sizeof known < byte + size && memcmp(at, &known, sizeof known)) at++;
  assert_true(at + sizeof known < byte + size);
  fseek(f, at - byte, SEEK_SET);
  fputc(*at ^ 1, f);
  fclose(f);
}

/* No reader takes it for a number. */
static void test_flipped(void **state) {
  static double w[N];
  SgdHDF5Errors before;
  hid_t file, set;

  (void)state;
  Name("flipped.h5");
  assert_int_equal(Write(0.1234567), 0);
  Flip(0.1234567);
  SgdHDF5Quiet(&before);
  file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT), set = H5Dopen2(file, "/some/where/w", H5P_DEFAULT);
  assert_true(file >= 0 && set >= 0);
  assert_true(H5Dread(set, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, w) < 0);
  H5Dclose(set);
  H5Fclose(file);
  SgdHDF5AsBefore(&before);
}

/* No file may be longer than `bytes`: a write beyond fails with EFBIG, as one on a full disk fails with ENOSPC. */
static int WriteWithin(rlim_t bytes, double first) {
  struct rlimit kept, limit;
  int error;

  assert_int_equal(getrlimit(RLIMIT_FSIZE, &kept), 0);
  limit = kept;
  limit.rlim_cur = bytes;
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
  error = Write(first);
  assert_int_equal(setrlimit(RLIMIT_FSIZE, &kept), 0);
  return error;
}

static void test_no_room(void **state) {
  struct stat s;

  (void)state;
  Name("room.h5");
  assert_int_equal(Write(1), 0);
  assert_int_equal(stat(path, &s), 0);
  for (off_t bytes = 0; bytes < s.st_size; bytes += bytes < 4096 ? 100 : 1999) {
    const int error = WriteWithin((rlim_t)bytes, 3);

    if (error != EFBIG) print_error("%ld bytes: %s\n", (long)bytes, strerror(error));
    assert_int_equal(error, EFBIG);
    assert_true(access(temporary, F_OK));
    assert_true(First() == 1);
  }
  assert_int_equal(WriteWithin((rlim_t)s.st_size, 4), 0);
  assert_true(First() == 4);
}

static void test_nowhere(void **state) {
  (void)state;
  Name("no/such/folder.h5");
  assert_int_equal(Write(1), ENOENT);
  Name("folder");
  assert_int_equal(mkdir(path, 0777), 0);
  assert_int_equal(Write(1), EISDIR);
  assert_true(access(temporary, F_OK));
  memset(path, 'x', sizeof path - 1);
  assert_int_equal(Write(1), ENAMETOOLONG);
}

/* Every rank learns of a failure that one had, and PETSc's trace stays away. */
static void test_written(void **state) {
  PetscMPIInt rank;

  (void)state;
  assert_int_equal(SgdWritten(PETSC_COMM_WORLD, "fine.h5", 0), 0);
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  assert_int_equal(SgdExitCode(SgdWritten(PETSC_COMM_WORLD, "full.h5", rank ? 0 : ENOSPC)), SGD_EXIT_FILES);
}

static int MakeFolder(void **state) {
  (void)state;
  signal(SIGXFSZ, SIG_IGN);
  for (int i = 0; i < N; i++) value[i] = 1.0 / (i + 1);
  return !mkdtemp(folder);
}

static int RemoveFolder(void **state) {
  char command[64];

  (void)state;
  snprintf(command, sizeof command, "rm -r %s", folder);
  return system(command);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(test_replaces), cmocka_unit_test(test_flipped),
                                     cmocka_unit_test(test_no_room), cmocka_unit_test(test_nowhere),
                                     cmocka_unit_test(test_written)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = SgdErrorHandlerPush() || cmocka_run_group_tests(tests, MakeFolder, RemoveFolder);
  return PetscFinalize() || failed;
}
