/* Memory that the machines of a job still have, and such as the ranks of a machine see together. */
#pragma once
#include "cases/base/base.h"

/* Bytes that are free for programs on all nodes of the communicator together, each node counted once: what its kernel
   says is available, or less where the job has a limit of its own (cgroup). Collective. */
PETSC_EXTERN PetscErrorCode SgdNodeMemory(MPI_Comm comm, double *bytes);

/* What the ranks of a node only read is there once: *at [bytes], zero, on all ranks of `node`, which is of one node (MPI_Comm_split_type); NULL on all of them where the
   node gives none: no shared memory, or too little (containers often have 64 MB). Nothing of it is left when the
   ranks end, however they do. Release: munmap(*at, bytes) by each. Collective. */
PETSC_INTERN PetscErrorCode SgdNodeArrayMap(MPI_Comm node, size_t bytes, void **at);
