#include "solver/problem/seam.h"

#define PROBES 3    /* an axis, of the others */
#define SAME   0.01 /* of the largest in the box */

/* The largest |g_a| and C_aa over the axes and the box. */
static PetscErrorCode Largest(SgdFields f, int d, double most[2]) {
  PetscFunctionBegin;
  most[0] = most[1] = 0;
  for (int a = 0; a < d; a++)
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
      most[0] = PetscMax(most[0], PetscAbsReal(f->g[a][i]));
      most[1] = PetscMax(most[1], PetscAbsReal(f->C[SgdPair(f->grid->dim, a, a)][i]));
    }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, most, 2, MPI_DOUBLE, MPI_MAX, f->grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode At(SgdLandscape l, SgdFrame f, const double a[], double *w, double g[3], double C[9]) {
  double loss;

  PetscFunctionBegin;
  SgdFramePoint(f, a, w);
  PetscCall(SgdLandscapePoint(l, w, f->dim, f->V, &loss, g, C, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What gradient and C1 change by from one end of the axis to the other, at the worst of the probes. */
static PetscErrorCode Jump(SgdLandscape l, SgdFrame f, SgdGrid grid, int axis, double jump[2], double *draw) {
  const int d = f->dim, probes = d == 1 ? 1 : d == 2 ? PROBES : PROBES * PROBES;
  double *w, g[2][3], C[2][9], a[3];

  PetscFunctionBegin;
  jump[0] = jump[1] = *draw = 0;
  PetscCall(PetscMalloc1(f->P, &w));
  for (int k = 0; k < probes; k++) {
    for (int b = 0, rest = k; b < d; b++) {
      if (b == axis) continue;
      a[b] = grid->min[b] + (grid->max[b] - grid->min[b]) * (1 + rest % PROBES) / (PROBES + 1);
      rest /= PROBES;
    }
    for (int side = 0; side < 2; side++) {
      a[axis] = side ? grid->max[axis] : grid->min[axis];
      PetscCall(At(l, f, a, w, g[side], C[side]));
    }
    for (int b = 0; b < d; b++) {
      jump[0] = PetscMax(jump[0], PetscAbsReal(g[1][b] - g[0][b]));
      jump[1] = PetscMax(jump[1], PetscAbsReal(C[1][b * (d + 1)] - C[0][b * (d + 1)]));
      *draw = PetscMax(*draw, PetscMax(PetscAbsReal(C[1][b * (d + 1)]), PetscAbsReal(C[0][b * (d + 1)])));
    }
  }
  PetscCall(PetscFree(w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSeamCheck(SgdLandscape l, SgdFrame f, SgdFields fields) {
  const SgdGrid grid = fields->grid;
  double most[2], jump[2], draw;

  PetscFunctionBegin;
  PetscCall(Largest(fields, f->dim, most));
  for (int a = 0; a < f->dim; a++) {
    if (grid->boundary[a] != SGD_PERIODIC) continue;
    PetscCall(Jump(l, f, grid, a, jump, &draw));
    if (jump[0] > SAME * most[0])
      PetscCall(SgdWarn(grid->comm,
                        "axis %d is periodic, but the gradient is not: from %.4g to %.4g, one place there, it jumps by "
                        "%.2g of its largest value; make slice.min to slice.max one period, or the faces absorbing "
                        "(slice.boundary)",
                        a + 1, grid->min[a], grid->max[a], jump[0] / most[0]));
    if (jump[1] > SAME * draw)
      PetscCall(SgdWarn(grid->comm,
                        "axis %d is periodic, but the noise is not: its variance jumps by %.2g of itself at the seam "
                        "from %.4g to %.4g (slice.boundary)",
                        a + 1, jump[1] / draw, grid->max[a], grid->min[a]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
