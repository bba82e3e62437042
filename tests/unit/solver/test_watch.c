/* Ranks that began at different times agree on when a checkpoint is due: else one writes it while the others go on, for ever. */
#include "solver/restart/watch.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void RanksAgreeThatACheckpointIsDue(void **state) {
  SgdWatch w = {.comm = PETSC_COMM_WORLD, .interval = 5};
  PetscMPIInt rank, size;
  int due[2];

  (void)state;
  MPI_Comm_rank(PETSC_COMM_WORLD, &rank);
  MPI_Comm_size(PETSC_COMM_WORLD, &size);
  assert_int_equal(SgdWatchStart(&w, 10.0 * rank), 0);
  assert_int_equal(SgdWatchLook(&w), 0);
  due[0] = SgdWatchPaused(&w);
  due[1] = -due[0];
  MPI_Allreduce(MPI_IN_PLACE, due, 2, MPI_INT, MPI_MAX, PETSC_COMM_WORLD);
  assert_int_equal(due[0], -due[1]);
  assert_int_equal(due[0], size > 1);
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {cmocka_unit_test(RanksAgreeThatACheckpointIsDue)};
  int failed;

  if (PetscInitialize(&argc, &argv, NULL, NULL)) return 1;
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  return PetscFinalize() || failed;
}
