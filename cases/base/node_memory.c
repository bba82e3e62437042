#include "cases/base/node_memory.h"
#include <stdio.h>
#include <unistd.h>

/* A number from a file of one line; `without` where there is none ("max": no limit). */
static double Number(const char *path, double without) {
  FILE *f = fopen(path, "r");
  double value;
  int found = 0;

  if (!f) return without;
  found = fscanf(f, "%lf", &value);
  fclose(f);
  return found == 1 ? value : without;
}

/* MemAvailable of Linux; elsewhere all memory there is. */
static double Available(void) {
  FILE *f = fopen("/proc/meminfo", "r");
  char line[128];
  double kilobytes = -1;

  while (f && kilobytes < 0 && fgets(line, sizeof line, f))
    if (sscanf(line, "MemAvailable: %lf", &kilobytes) != 1) kilobytes = -1;
  if (f) fclose(f);
  if (kilobytes >= 0) return 1024 * kilobytes;
  return (double)sysconf(_SC_PHYS_PAGES) * (double)sysconf(_SC_PAGESIZE);
}

static double OfThisNode(void) {
  const double limit = Number("/sys/fs/cgroup/memory.max", -1), used = Number("/sys/fs/cgroup/memory.current", 0);
  const double available = Available();

  return limit >= 0 && limit - used < available ? PetscMax(0, limit - used) : available;
}

PetscErrorCode SgdNodeMemory(MPI_Comm comm, double *bytes) {
  PetscMPIInt rank;
  MPI_Comm node;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCallMPI(MPI_Comm_rank(node, &rank));
  *bytes = rank ? 0 : OfThisNode();
  PetscCallMPI(MPI_Comm_free(&node));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, bytes, 1, MPI_DOUBLE, MPI_SUM, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
