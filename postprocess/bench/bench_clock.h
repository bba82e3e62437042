/* The benches' clock: on one rank seconds of the thread's processor time, which other work on the machine disturbs less, on
   several those of the wall. */
#pragma once
#include <mpi.h>
#include <time.h>

static inline double BenchSeconds(void) {
  struct timespec t;
  int ranks;

  MPI_Comm_size(MPI_COMM_WORLD, &ranks);
  if (ranks > 1) return MPI_Wtime();
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
