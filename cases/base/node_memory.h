/* Memory that the machines of a job still have. */
#pragma once
#include "cases/base/base.h"

/* Bytes that are free for programs on all nodes of the communicator together, each node counted once: what its kernel
   says is available, or less where the job has a limit of its own (cgroup). Collective. */
PETSC_EXTERN PetscErrorCode SgdNodeMemory(MPI_Comm comm, double *bytes);
