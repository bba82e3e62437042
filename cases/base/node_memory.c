#include "cases/base/node_memory.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
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

/* Room for all of it is taken here: a page that is not there when it is written to would end the program. */
static int Create(const char *name, size_t bytes) {
  const int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);

  if (file < 0 || !posix_fallocate(file, 0, (off_t)bytes)) return file;
  close(file);
  shm_unlink(name);
  return -1;
}

static void *Map(int file, size_t bytes) {
  void *at = file < 0 ? MAP_FAILED : mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);

  if (file >= 0) close(file);
  return at == MAP_FAILED ? NULL : at;
}

PetscErrorCode SgdNodeArrayMap(MPI_Comm node, size_t bytes, void **at) {
  static int count = 0;
  char name[64];
  PetscMPIInt rank;
  int file = -1, bad;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(node, &rank));
  snprintf(name, sizeof name, "/sgdfp-%ld-%d", (long)getpid(), count++);
  if (!rank) file = Create(name, bytes);
  bad = !rank && file < 0;
  PetscCallMPI(MPI_Bcast(name, sizeof name, MPI_CHAR, 0, node));
  PetscCall(SgdAgree(node, &bad));
  if (rank && !bad) file = shm_open(name, O_RDWR, 0);
  *at = Map(file, bytes);
  bad = !*at;
  PetscCall(SgdAgree(node, &bad));
  if (!rank && file >= 0) shm_unlink(name); /* all have it, or none will */
  if (bad && *at) munmap(*at, bytes);
  if (bad) *at = NULL;
  PetscFunctionReturn(PETSC_SUCCESS);
}
