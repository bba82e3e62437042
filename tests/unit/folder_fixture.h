/* A folder of its own for a test's files, made before and removed after it; every rank knows its name. */
#pragma once
#include <mpi.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static int rank;

static inline int MakeFolder(void **state) {
  (void)state;
  MPI_Comm_rank(MPI_COMM_WORLD, &rank);
  strcpy(folder, "/tmp/sgdfp_test_XXXXXX");
  if (!rank && !mkdtemp(folder)) return 1;
  MPI_Bcast(folder, sizeof folder, MPI_CHAR, 0, MPI_COMM_WORLD);
  return 0;
}

static inline int RemoveFolder(void **state) {
  char command[128];

  (void)state;
  MPI_Barrier(MPI_COMM_WORLD);
  snprintf(command, sizeof command, "rm -r %s", folder);
  return rank ? 0 : system(command);
}
