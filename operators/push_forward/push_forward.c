#include "operators/push_forward/push_forward.h"

enum { MOST_CELLS = 1 << 27 }; /* a GiB a rank for the buffer */

typedef struct {
  SgdGrid grid;
  const SgdPushForwardOps *ops;
  void *ctx;
  double *buffer; /* [cells + ledger] */
  PetscMPIInt *count, *start;
  PetscBool last; /* this rank holds the ledger */
} PushForward;

/* y = A x: the ledger's old entries stay, what leaves is added. */
static PetscErrorCode MatMult_PushForward(Mat A, Vec x, Vec y) {
  PushForward *f;
  const PetscScalar *mass;
  PetscScalar *out;
  PetscInt size;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &f));
  size = f->grid->cells + f->grid->ledger;
  PetscCall(PetscArrayzero(f->buffer, size));
  PetscCall(VecGetArrayRead(x, &mass));
  PetscCall(f->ops->push(f->ctx, mass, f->buffer));
  if (f->last)
    for (PetscInt k = 0; k < f->grid->ledger; k++)
      f->buffer[f->grid->cells + k] += mass[f->grid->last_cell - f->grid->first_cell + k];
  PetscCall(VecRestoreArrayRead(x, &mass));
  PetscCall(VecGetArrayWrite(y, &out));
  PetscCallMPI(MPI_Reduce_scatter(f->buffer, out, f->count, MPI_DOUBLE, MPI_SUM, f->grid->comm));
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_PushForward(Mat A, Vec x, Vec y) {
  PushForward *f;
  const PetscScalar *in;
  PetscScalar *out;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &f));
  PetscCallMPI(MPI_Comm_rank(f->grid->comm, &rank));
  PetscCall(VecGetArrayRead(x, &in));
  PetscCallMPI(
      MPI_Allgatherv(in, f->count[rank], MPI_DOUBLE, f->buffer, f->count, f->start, MPI_DOUBLE, f->grid->comm));
  PetscCall(VecGetArrayWrite(y, &out));
  PetscCall(f->ops->pull(f->ctx, f->buffer, out));
  if (f->last)
    for (PetscInt k = 0; k < f->grid->ledger; k++) {
      const PetscInt local = f->grid->last_cell - f->grid->first_cell + k;
      out[local] = in[local];
    }
  PetscCall(VecRestoreArrayWrite(y, &out));
  PetscCall(VecRestoreArrayRead(x, &in));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_PushForward(Mat A) {
  PushForward *f;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(A, &f));
  PetscCall(f->ops->destroy(f->ctx));
  PetscCall(PetscFree3(f->buffer, f->count, f->start));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPushForwardCreate(SgdGrid grid, const SgdPushForwardOps *ops, void *ctx, Mat *A) {
  PushForward *f;
  PetscMPIInt rank, size, local;

  PetscFunctionBegin;
  if (grid->cells > MOST_CELLS)
    return SgdFail(
        grid->comm, SGD_EXIT_CASE,
        "%.4g cells: this method keeps the whole grid on every rank, and takes at most %.4g; method spread or "
        "levels, or the model network, share it out",
        (double)grid->cells, (double)MOST_CELLS);
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  PetscCall(PetscNew(&f));
  f->grid = grid;
  f->ops = ops;
  f->ctx = ctx;
  f->last = (PetscBool)(rank == size - 1);
  PetscCall(PetscMalloc3(grid->cells + grid->ledger, &f->buffer, size, &f->count, size, &f->start));
  local = (PetscMPIInt)(grid->last_cell - grid->first_cell + (f->last ? grid->ledger : 0));
  PetscCallMPI(MPI_Allgather(&local, 1, MPI_INT, f->count, 1, MPI_INT, grid->comm));
  for (PetscMPIInt r = 0, sum = 0; r < size; sum += f->count[r++]) f->start[r] = sum;
  PetscCall(MatCreateShell(grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, f, A));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT, (void (*)(void))MatMult_PushForward));
  PetscCall(MatShellSetOperation(*A, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_PushForward));
  PetscCall(MatShellSetOperation(*A, MATOP_DESTROY, (void (*)(void))MatDestroy_PushForward));
  PetscFunctionReturn(PETSC_SUCCESS);
}
