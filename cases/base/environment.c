#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* sched_getaffinity */
#endif
#include "cases/base/environment.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

PetscBool SgdEnvironmentAlone(void) {
  static const char *const names[] = {"OMPI_COMM_WORLD_SIZE", "PMIX_RANK", "PMI_RANK", "PMI_SIZE", "SLURM_PROCID"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++)
    if (getenv(names[i])) return PETSC_FALSE;
  return PETSC_TRUE;
}

void SgdEnvironmentPrepare(PetscBool embedded) {
  setenv("OMPI_MCA_sharedfp", "^sm,lockedfile", 0);
  if (embedded || !SgdEnvironmentAlone()) return;
  setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
  setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
  setenv("OMPI_MCA_pml", "ob1", 0);
  setenv("OMPI_MCA_btl", "self", 0);
}

/* What PETSc reads of a file: the first option's line, "" if there is none. */
static void FirstOption(const char *path, char *line, int size) {
  FILE *f = fopen(path, "r");

  while (f && fgets(line, size, f))
    if (line[strspn(line, " \t")] == '-') {
      line[strcspn(line, "\r\n")] = '\0';
      fclose(f);
      return;
    }
  *line = '\0';
  if (f) fclose(f);
}

static PetscErrorCode TellOptions(MPI_Comm comm) {
  const char *variable = getenv("PETSC_OPTIONS"), *home = getenv("HOME");
  char own[PETSC_MAX_PATH_LEN], line[256];
  const char *const file[] = {own, ".petscrc", "petscrc"};
  PetscBool skipped = PETSC_FALSE;

  PetscFunctionBegin;
  if (variable && strchr(variable, '-')) PetscCall(SgdSay(comm, "PETSC_OPTIONS acts on this run, too: %s\n", variable));
  PetscCall(PetscOptionsGetBool(NULL, NULL, "-skip_petscrc", &skipped, NULL));
  snprintf(own, sizeof own, "%s/.petscrc", home ? home : "");
  for (int i = 0; i < 3 && !skipped; i++) {
    FirstOption(file[i], line, sizeof line);
    if (*line)
      PetscCall(SgdSay(comm, "The options of %s act on this run, too (-skip_petscrc leaves them out): %s ..\n", file[i],
                       line));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Threads that a BLAS takes on each rank; 0: as many as there are cores. */
static int Threads(const char **name) {
  static const char *const names[] = {"OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "BLIS_NUM_THREADS", "OMP_NUM_THREADS"};

  for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
    const char *value = getenv(names[i]);
    *name = names[i];
    if (value && atoi(value) > 0) return atoi(value);
  }
  return 0;
}

typedef struct {
  int ranks, cores; /* on this node; cores that its ranks may run on, all together */
} Node;

static PetscErrorCode LookAtNode(MPI_Comm comm, Node *n) {
  MPI_Comm node;
  cpu_set_t mine, all;

  PetscFunctionBegin;
  CPU_ZERO(&mine);
  n->cores = 0;
  if (!sched_getaffinity(0, sizeof mine, &mine)) {
    PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
    PetscCallMPI(MPI_Comm_size(node, &n->ranks));
    PetscCallMPI(MPI_Allreduce(&mine, &all, (PetscMPIInt)sizeof mine, MPI_BYTE, MPI_BOR, node));
    n->cores = CPU_COUNT(&all);
    PetscCallMPI(MPI_Comm_free(&node));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The worst node's figures, where its ranks and threads are more than its cores. */
static PetscErrorCode TellThreads(MPI_Comm comm) {
  Node n = {0};
  const char *name;
  int threads = Threads(&name), worst[2] = {0, 0};

  PetscFunctionBegin;
  PetscCall(LookAtNode(comm, &n));
  if (n.ranks > n.cores) worst[0] = n.ranks;
  if (n.ranks > 1 && (threads ? threads : n.cores) * n.ranks > n.cores) worst[1] = n.ranks;
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, worst, 2, MPI_INT, MPI_MAX, comm));
  if (worst[0])
    PetscCall(
        SgdSay(comm,
               "%d ranks on a node whose ranks may use %d cores: they wait for each other; at most a rank a core, "
               "and see that the launcher binds each to a core of its own\n",
               worst[0], n.cores));
  else if (worst[1])
    PetscCall(SgdSay(comm, "%s: %d ranks on a node of %d cores, each with %s threads: export OMP_NUM_THREADS=1\n",
                     threads ? name : "OMP_NUM_THREADS is not set", worst[1], n.cores,
                     threads ? getenv(name) : "as many"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdEnvironmentView(MPI_Comm comm) {
  PetscFunctionBegin;
  PetscCall(TellOptions(comm));
  PetscCall(TellThreads(comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
