#include "solver/problem/initial_density.h"
#include "cases/base/sum.h"

/* What cell `index` holds of a point (std 0) at `place`, in cells from the first one's centre: two cells share it, which keeps
   its mean and adds the variance f (1 - f) of a cell's, none where the point is a centre. */
static double Point(double place, double index) {
  return fmax(0, 1 - fabs(index - place));
}

/* The Gaussian's mass in a cell, by the density at its centre. */
static double Mass(SgdGrid g, SgdPrediction p, PetscInt cell) {
  double x[3], density = 1;

  SgdGridCentre(g, cell, x);
  for (int a = 0; a < g->dim; a++) {
    const double s = p->std0[a], z = (x[a] - p->mean0[a]) / s;
    if (s > 0)
      density *= exp(-0.5 * z * z) / (s * sqrt(2 * PETSC_PI));
    else
      density *= Point((p->mean0[a] - g->min[a]) / g->h[a] - 0.5, round((x[a] - g->min[a]) / g->h[a] - 0.5)) / g->h[a];
  }
  return density * g->volume;
}

PetscErrorCode SgdInitialDensity(SgdGrid g, SgdPrediction p, Vec *y0) {
  PetscScalar *y;
  SgdSum local = {0.0, 0.0};
  double sum;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(g, y0));
  PetscCall(VecGetArrayWrite(*y0, &y));
  for (PetscInt cell = g->first_cell; cell < g->last_cell; cell++) {
    y[cell - g->first_cell] = Mass(g, p, cell);
    SgdSumAdd(&local, y[cell - g->first_cell]); /* millions of cells: a plain sum would be off by 1e-12 */
  }
  PetscCall(VecRestoreArrayWrite(*y0, &y));
  PetscCall(SgdSumReduce(g->comm, 1, &local, &sum));
  if (PetscAbsReal(sum - 1) > 1e-3)
    return SgdFail(g->comm, SGD_EXIT_NUMBERS,
                   "the initial density does not fit the grid: its cells hold %.6g instead of 1 (initial.mean, "
                   "initial.std, slice.min, slice.max, slice.cells)",
                   sum);
  if (PetscAbsReal(sum - 1) > 1e-9)
    PetscCall(SgdWarn(g->comm, "the initial density's cells hold 1 %+.2g; scaled to one", sum - 1));
  PetscCall(VecScale(*y0, 1.0 / sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}
