#include "operators/matrices/transfer_matrix.h"

/* Entries in coordinate form; the first `local` of them are the diagonal of this rank's rows. Transfers from one source
   to one target that follow each other are one entry. */
struct _p_SgdTransfers {
  SgdGrid grid;
  PetscInt local; /* rows of this rank */
  PetscCount count, capacity;
  PetscInt *i, *j;
  double *value;
  PetscInt source; /* of the last transfer; its entries begin at `first` */
  PetscCount first;
  PetscCount *place; /* [cells + ledger] the entry of that source for a target, if it is at least `first` */
};

static PetscErrorCode AppendEntry(SgdTransfers t, PetscInt i, PetscInt j, double value) {
  PetscFunctionBegin;
  if (t->count == t->capacity) {
    t->capacity = 2 * t->capacity + 64;
    PetscCall(PetscRealloc((size_t)t->capacity * sizeof *t->i, &t->i));
    PetscCall(PetscRealloc((size_t)t->capacity * sizeof *t->j, &t->j));
    PetscCall(PetscRealloc((size_t)t->capacity * sizeof *t->value, &t->value));
  }
  t->i[t->count] = i;
  t->j[t->count] = j;
  t->value[t->count++] = value;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTransfersCreate(SgdGrid grid, SgdTransfers *transfers) {
  SgdTransfers t;
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  PetscCall(PetscNew(&t));
  t->grid = grid;
  t->local = grid->last_cell - grid->first_cell + (rank == size - 1 ? grid->ledger : 0);
  t->source = -1;
  PetscCall(PetscCalloc1(grid->cells + grid->ledger, &t->place));
  for (PetscInt r = 0; r < t->local; r++) PetscCall(AppendEntry(t, grid->first_cell + r, grid->first_cell + r, 0));
  *transfers = t;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTransfersAdd(SgdTransfers t, const PetscInt index[], const int offset[], double rate) {
  PetscInt target[3] = {0, 0, 0}, row, column = SgdGridTarget(t->grid, index);

  PetscFunctionBegin;
  if (rate == 0) PetscFunctionReturn(PETSC_SUCCESS);
  for (int a = 0; a < t->grid->dim; a++) target[a] = index[a] + offset[a];
  row = SgdGridTarget(t->grid, target);
  if (row == column) PetscFunctionReturn(PETSC_SUCCESS); /* mirrored onto itself */
  t->value[column - t->grid->first_cell] -= rate;
  if (column != t->source) {
    t->source = column;
    t->first = t->count;
  }
  if (t->place[row] >= t->first) {
    t->value[t->place[row]] += rate;
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  t->place[row] = t->count;
  PetscCall(AppendEntry(t, row, column, rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTransfersCount(SgdTransfers t, double *entries) {
  PetscFunctionBegin;
  *entries = (double)(t->count - t->local);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, entries, 1, MPI_DOUBLE, MPI_SUM, t->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The entries of one source, [begin, end): a multiple of `unit` each, and the diagonal minus their sum, exactly. */
static void RoundSource(SgdTransfers t, PetscCount begin, PetscCount end) {
  double size = 1, sum = 0;

  for (PetscCount k = begin; k < end; k++) size += PetscAbsReal(t->value[k]);
  const double unit = ldexp(1, ilogb(size) - 51);
  for (PetscCount k = begin; k < end; k++) {
    t->value[k] = rint(t->value[k] / unit) * unit;
    sum += t->value[k];
  }
  t->value[t->j[begin] - t->grid->first_cell] = -sum;
}

PetscErrorCode SgdTransfersRound(SgdTransfers t) {
  PetscFunctionBegin;
  for (PetscCount begin = t->local, end; begin < t->count; begin = end) {
    for (end = begin; end < t->count && t->j[end] == t->j[begin];) end++;
    RoundSource(t, begin, end);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTransfersAssemble(SgdTransfers t, double shift, double scale, Mat *A) {
  const PetscInt size = t->grid->cells + t->grid->ledger;
  PetscInt *i, *j;
  double *value;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(t->count, &i, t->count, &j, t->count, &value));
  PetscCall(PetscArraycpy(i, t->i, t->count)); /* preallocation may overwrite its arguments */
  PetscCall(PetscArraycpy(j, t->j, t->count));
  for (PetscCount k = 0; k < t->count; k++) value[k] = scale * t->value[k] + (k < t->local ? shift : 0);
  PetscCall(MatCreate(t->grid->comm, A));
  PetscCall(MatSetSizes(*A, t->local, t->local, size, size));
  PetscCall(MatSetType(*A, MATAIJ));
  PetscCall(MatSetPreallocationCOO(*A, t->count, i, j));
  PetscCall(MatSetValuesCOO(*A, value, INSERT_VALUES));
  PetscCall(PetscFree3(i, j, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTransfersDestroy(SgdTransfers *t) {
  PetscFunctionBegin;
  if (!*t) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree((*t)->i));
  PetscCall(PetscFree((*t)->j));
  PetscCall(PetscFree((*t)->value));
  PetscCall(PetscFree((*t)->place));
  PetscCall(PetscFree(*t));
  PetscFunctionReturn(PETSC_SUCCESS);
}
