/* Where the cells of an image belong: a rank's sources reach rows of the slowest axis that others own, and images go
   beyond faces, mirrors and seams. */
#include "operators/push_forward/levelsimpl.h"

/* The row of the whole space that lies at index i of the slowest axis; periodic ones are left for the exchange to fold
   while the window is shorter than the box. Negative: -1 - face. */
static PetscInt WindowRow(SgdLevels l, PetscInt i, PetscBool unfolded) {
  int face = 0;

  if (unfolded) return i;
  const PetscInt row = SgdGridFold(l->grid, l->grid->dim - 1, i, &face);
  return row < 0 ? -1 - face : row;
}

static PetscBool Unfolded(SgdLevels l) {
  const int slow = l->grid->dim - 1;
  const PetscInt n = l->grid->n[slow], low = l->cells_low[slow], high = low + l->cells[slow];

  return (PetscBool)(l->ranks > 1 && l->grid->boundary[slow] == SGD_PERIODIC && high - low <= n && low >= -n &&
                     high <= 2 * n);
}

/* Rows of the window, [0, 0) if nothing stays inside. */
static void FindWindow(SgdLevels l, PetscBool unfolded) {
  const int slow = l->grid->dim - 1;
  PetscInt low = PETSC_MAX_INT, high = 0;

  for (PetscInt i = 0; i < l->cells[slow]; i++) {
    const PetscInt row = WindowRow(l, l->cells_low[slow] + i, unfolded);
    if (row < 0 && !unfolded) continue;
    low = PetscMin(low, row);
    high = PetscMax(high, row + 1);
  }
  if (low > high) low = high = 0;
  l->window[0] = (int)low;
  l->window[1] = (int)high;
}

static PetscErrorCode Targets(SgdLevels l, int a, PetscBool unfolded) {
  SgdGrid grid = l->grid;
  const int slow = grid->dim - 1;
  PetscInt stride = 1;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(l->cells[a], &l->target[a]));
  for (int b = 0; b < a; b++) stride *= grid->n[b];
  for (PetscInt i = 0; i < l->cells[a]; i++) {
    int face = 0;
    if (a >= grid->dim)
      l->target[a][i] = 0;
    else if (a == slow) {
      const PetscInt row = WindowRow(l, l->cells_low[a] + i, unfolded);
      l->target[a][i] = row < 0 && !unfolded ? row : (row - l->window[0]) * stride;
    } else {
      const PetscInt to = SgdGridFold(grid, a, l->cells_low[a] + i, &face);
      l->target[a][i] = to < 0 ? -1 - face : to * stride;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevelsWindow(SgdLevels l) {
  SgdGrid grid = l->grid;
  const int slow = grid->dim - 1;
  const PetscBool periodic = (PetscBool)(grid->boundary[slow] == SGD_PERIODIC), unfolded = Unfolded(l);
  const int own = (int)grid->first_row;
  int *first;

  PetscFunctionBegin;
  FindWindow(l, unfolded);
  for (int a = 0; a < 3; a++) PetscCall(Targets(l, a, unfolded));
  if (l->ranks == 1) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(l->ranks + 1, &first));
  PetscCallMPI(MPI_Allgather(&own, 1, MPI_INT, first, 1, MPI_INT, grid->comm));
  first[l->ranks] = (int)grid->n[slow];
  PetscCall(SgdRowExchangeCreate(grid->comm, first, l->window[0], l->window[1], grid->row, periodic, &l->exchange));
  PetscCall(PetscFree(first));
  PetscCall(PetscMalloc1((PetscCount)(l->window[1] - l->window[0]) * grid->row, &l->rows_held));
  l->bytes += 8.0 * (l->window[1] - l->window[0]) * (double)grid->row + SgdRowExchangeBytes(l->exchange);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The first axis left decides through which face. */
void SgdLevelsHarvest(SgdLevels l, double *rows, double lost[]) {
  const PetscInt *x = l->target[0];

  for (int k = 0; k < l->cells[2]; k++)
    for (int j = 0; j < l->cells[1]; j++) {
      const PetscInt y = l->target[1][j], z = l->target[2][k];
      const double *from = l->image + ((ptrdiff_t)k * l->rows[1] + j) * l->rows[0];
      double outside = 0, *to = y < 0 || z < 0 ? rows : rows + y + z;
      for (int i = 0; i < l->cells[0]; i++) {
        if (x[i] < 0)
          lost[-1 - x[i]] += from[i];
        else if (y < 0 || z < 0)
          outside += from[i];
        else
          to[x[i]] += from[i];
      }
      if (y < 0 || z < 0) lost[y < 0 ? -1 - y : -1 - z] += outside;
    }
}

void SgdLevelsLook(SgdLevels l, const double *rows, const double ledger[]) {
  const PetscInt *x = l->target[0];

  for (int k = 0; k < l->cells[2]; k++)
    for (int j = 0; j < l->cells[1]; j++) {
      const PetscInt y = l->target[1][j], z = l->target[2][k];
      double *to = l->image + ((ptrdiff_t)k * l->rows[1] + j) * l->rows[0];
      for (int i = 0; i < l->cells[0]; i++) {
        if (x[i] < 0)
          to[i] = ledger[-1 - x[i]];
        else if (y < 0 || z < 0)
          to[i] = ledger[y < 0 ? -1 - y : -1 - z];
        else
          to[i] = rows[x[i] + y + z];
      }
    }
}
