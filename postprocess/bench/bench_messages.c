/* The two constants of a machine's messages: seconds before the first byte and bytes a second after it, by least squares
   over a hundred bytes to some megabytes to each other rank, in the all-to-all that the master equation's transforms do.
     mpiexec -n 2 bench_messages                                  (on a cluster: one rank on each of two nodes)
   One line: latency [s] bandwidth [bytes/s]. */
#include "cases/base/base.h"

enum { SIZES = 9, REPEATS = 15 };

/* The least of the repeats, of the slowest rank: machines with other work disturb, they never help. */
static PetscErrorCode Time(MPI_Comm comm, int count, const double *from, double *to, double *seconds) {
  PetscFunctionBegin;
  *seconds = PETSC_MAX_REAL;
  for (int k = 0; k < REPEATS; k++) {
    double took;
    PetscCallMPI(MPI_Barrier(comm));
    took = MPI_Wtime();
    PetscCallMPI(MPI_Alltoall(from, count, MPI_DOUBLE, to, count, MPI_DOUBLE, comm));
    took = MPI_Wtime() - took;
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &took, 1, MPI_DOUBLE, MPI_MAX, comm));
    *seconds = PetscMin(*seconds, took);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* seconds = latency + bytes/bandwidth, each size weighing as 1/seconds^2: an error counts in proportion. */
static void Fit(const double bytes[SIZES], const double seconds[SIZES], double *latency, double *bandwidth) {
  double s = 0, x = 0, y = 0, xx = 0, xy = 0;

  for (int k = 0; k < SIZES; k++) {
    const double w = 1 / PetscSqr(seconds[k]);
    s += w;
    x += w * bytes[k];
    y += w * seconds[k];
    xx += w * bytes[k] * bytes[k];
    xy += w * bytes[k] * seconds[k];
  }
  const double slope = (s * xy - x * y) / (s * xx - x * x);
  *latency = (y - slope * x) / s;
  *bandwidth = 1 / slope;
}

static PetscErrorCode Measure(MPI_Comm comm) {
  double bytes[SIZES], seconds[SIZES], latency, bandwidth, *from, *to;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCheck(size > 1, comm, PETSC_ERR_ARG_WRONG, "messages want two ranks: mpiexec -n 2 bench_messages");
  const size_t most = (size_t)16 << (2 * (SIZES - 1));
  PetscCall(PetscCalloc2(most * (size_t)size, &from, most * (size_t)size, &to));
  for (int k = 0; k < SIZES; k++) {
    const int count = 16 << (2 * k);
    PetscCall(Time(comm, count, from, to, &seconds[k]));
    bytes[k] = 8.0 * count * (size - 1);
    seconds[k] /= size - 1; /* a message */
    bytes[k] /= size - 1;
  }
  Fit(bytes, seconds, &latency, &bandwidth);
  PetscCall(PetscPrintf(comm, "latency %.3e bandwidth %.3e\n", latency, bandwidth));
  PetscCall(PetscFree2(from, to));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) {
  PetscFunctionBeginUser;
  PetscCall(PetscInitialize(&argc, &argv, NULL, NULL));
  PetscCall(Measure(PETSC_COMM_WORLD));
  return PetscFinalize();
}
