#include "operators/generators/differentiate.h"

/* f'(x_p) h = sum_j weight[p][j] f(x_j) on five points, p the place among them. */
static const double weight[5][5] = {{-25. / 12, 4, -3, 4. / 3, -1. / 4},
                                    {-1. / 4, -5. / 6, 3. / 2, -1. / 2, 1. / 12},
                                    {1. / 12, -2. / 3, 0, 2. / 3, -1. / 12},
                                    {-1. / 12, 1. / 2, -3. / 2, 5. / 6, 1. / 4},
                                    {1. / 4, -4. / 3, 3, -4, 25. / 12}};

/* Where the five points around index i start (unwrapped), for an axis of n cells. */
static PetscInt WindowStart(SgdGrid grid, int axis, PetscInt i) {
  if (grid->boundary[axis] == SGD_PERIODIC) return i - 2;
  return PetscMax(0, PetscMin(i - 2, grid->n[axis] - 5));
}

static SgdRows Shrink(SgdFields f, int axis, SgdRows rows) {
  const int slow = f->grid->dim - 1;

  if (axis != slow || f->grid->boundary[slow] == SGD_PERIODIC) return rows; /* periodic: every row is held */
  if (rows.first > 0) rows.first += 2;
  if (rows.last < f->grid->n[slow]) rows.last -= 2;
  return rows;
}

PetscErrorCode SgdDifferentiate(SgdFields f, int axis, const double *in, double *out, SgdRows *rows) {
  SgdGrid grid = f->grid;
  const PetscInt n = grid->n[axis];
  PetscInt stride = 1;

  PetscFunctionBegin;
  if (n < 5) return SgdFail(grid->comm, SGD_EXIT_CASE, "derivatives need at least 5 cells along axis %d", axis + 1);
  for (int a = 0; a < axis; a++) stride *= grid->n[a];
  *rows = Shrink(f, axis, *rows);
  for (PetscInt cell = rows->first * grid->row; cell < rows->last * grid->row; cell++) {
    const PetscInt i = (cell / stride) % n, start = WindowStart(grid, axis, i), line = cell - i * stride;
    double sum = 0;
    for (int j = 0; j < 5; j++) sum += weight[i - start][j] * in[line + ((start + j + n) % n) * stride - f->first_cell];
    out[cell - f->first_cell] = sum / grid->h[axis];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
