#include "cases/base/sum.h"

PetscErrorCode SgdSumReduce(MPI_Comm comm, int count, const SgdSum *local, double *total) {
  PetscMPIInt size;
  SgdSum *all;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1((size_t)size * count, &all));
  PetscCallMPI(MPI_Allgather(local, 2 * count, MPI_DOUBLE, all, 2 * count, MPI_DOUBLE, comm));
  for (int i = 0; i < count; i++) {
    SgdSum sum = {0.0, 0.0};
    for (PetscMPIInt r = 0; r < size; r++) {
      SgdSumAdd(&sum, all[r * count + i].value);
      sum.lost += all[r * count + i].lost;
    }
    total[i] = sum.value + sum.lost;
  }
  PetscCall(PetscFree(all));
  PetscFunctionReturn(PETSC_SUCCESS);
}
