#include "solver/problem/initial_density.h"
#include "cases/base/sum.h"

/* What cell `index` holds of a point (std 0) at `place`, in cells from the first one's centre: two cells share it, which keeps
   its mean and adds the variance f (1 - f) of a cell's, none where the point is a centre. */
static double Point(double place, double index) {
  return fmax(0, 1 - fabs(index - place));
}

/* The Gaussian's mass in a cell, by the density at its centre. */
static double MassOfCell(SgdGrid g, SgdPrediction p, PetscInt cell) {
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

enum { MASS, FIRST, SECOND = FIRST + 3, SUMS = SECOND + 3 };

/* Samples at the centres, and their sums: mass, and per axis the first two moments in units of the spread asked for. */
static PetscErrorCode Sample(SgdGrid g, SgdPrediction p, Vec y0, double sum[SUMS]) {
  SgdSum local[SUMS] = {{0}}; /* millions of cells: a plain sum would be off by 1e-12 */
  PetscScalar *y;
  double x[3];

  PetscFunctionBegin;
  PetscCall(VecGetArrayWrite(y0, &y));
  for (PetscInt cell = g->first_cell; cell < g->last_cell; cell++) {
    const double mass = y[cell - g->first_cell] = MassOfCell(g, p, cell);
    SgdSumAdd(&local[MASS], mass);
    SgdGridCentre(g, cell, x);
    for (int a = 0; a < g->dim; a++) {
      const double z = p->std0[a] > 0 ? (x[a] - p->mean0[a]) / p->std0[a] : 0;
      SgdSumAdd(&local[FIRST + a], mass * z);
      SgdSumAdd(&local[SECOND + a], mass * z * z);
    }
  }
  PetscCall(VecRestoreArrayWrite(y0, &y));
  PetscCall(SgdSumReduce(g->comm, SUMS, local, sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MOST_MASS   1e-3 /* that may be missing */
#define MOST_MOMENT 2e-2 /* of the spread the mean, of itself the variance may be off */
#define ROUNDING    1e-9

/* The largest error of a mean, in spreads, and of a variance, relative. A start narrower than a cell can miss both though
   its mass is right, depending on where it lies between two centres. */
static double MomentError(SgdGrid g, SgdPrediction p, const double sum[SUMS]) {
  double worst = 0;

  for (int a = 0; a < g->dim; a++) {
    const double mean = sum[FIRST + a] / sum[MASS], variance = sum[SECOND + a] / sum[MASS] - mean * mean;
    if (p->std0[a] > 0) worst = PetscMax(worst, PetscMax(PetscAbsReal(mean), PetscAbsReal(variance - 1)));
  }
  return worst;
}

PetscErrorCode SgdInitialDensity(SgdGrid g, SgdPrediction p, Vec *y0) {
  double sum[SUMS], off;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(g, y0));
  PetscCall(Sample(g, p, *y0, sum));
  if (!(PetscAbsReal(sum[MASS] - 1) <= MOST_MASS))
    return SgdFail(g->comm, SGD_EXIT_NUMBERS,
                   "the initial density does not fit the grid: its cells hold %.6g instead of 1 (initial.mean, "
                   "initial.std, slice.min, slice.max, slice.cells)",
                   sum[MASS]);
  off = MomentError(g, p, sum);
  if (!(off <= MOST_MOMENT))
    return SgdFail(g->comm, SGD_EXIT_NUMBERS,
                   "the initial density does not fit the grid: the cells' own mean or variance is off by %.2g of the "
                   "spread asked for; make initial.std wider than a cell, or 0 for a point (slice.cells, slice.min, "
                   "slice.max)",
                   off);
  if (PetscMax(PetscAbsReal(sum[MASS] - 1), off) > ROUNDING)
    PetscCall(SgdWarn(g->comm, "the initial density's cells hold 1 %+.2g; scaled to one; mean or variance off by %.2g",
                      sum[MASS] - 1, off));
  PetscCall(VecScale(*y0, 1.0 / sum[MASS]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
