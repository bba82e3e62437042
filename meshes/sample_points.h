/* A few points that stand for all of a range of cells: its corners, where extremes of a smooth field often lie,
   then a low-discrepancy sequence (Roberts: powers of the generalised golden ratio). */
#pragma once
#include "meshes/support.h"
#include <math.h>

/* Coordinate `axis` of point i in the unit cube of dimension dim. */
static inline double SgdSequence(int dim, int axis, int i) {
  static const double golden[3] = {1.6180339887498949, 1.3247179572447460, 1.2207440846057596};
  return fmod(0.5 + (i + 1) * pow(golden[dim - 1], -(axis + 1)), 1.0);
}

static inline PetscInt SgdSequenceCell(SgdGrid grid, const SgdCellRange *range, int i) {
  PetscInt cell = 0, stride = 1;

  for (int a = 0; a < grid->dim; a++) {
    const double s = i < (1 << grid->dim) ? ((i >> a) & 1) * (1 - 1e-12) : SgdSequence(grid->dim, a, i);
    cell += stride * (range->first[a] + (PetscInt)(s * (double)range->count[a]));
    stride *= grid->n[a];
  }
  return cell;
}

/* The centre x [dim] of that cell. */
static inline void SgdSequencePoint(SgdGrid grid, const SgdCellRange *range, int i, double x[]) {
  SgdGridCentre(grid, SgdSequenceCell(grid, range, i), x);
}
