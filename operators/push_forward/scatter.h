/* An atom of mass at any place, shared out over the cells around it by Lagrange's weights (remeshing.h), at once and without a matrix:
   for maps whose atoms are worked out again at every step. Plain C but for the grid. */
#pragma once
#include "meshes/grid.h"

typedef struct {
  SgdGrid grid;
  int order; /* 4 or 6 */
} SgdScatter;

/* target [cells + ledger] += mass times the weights of the cells around z [dim]; or, target NULL, the return value: mass
   times the sum of the weights with `everywhere` [cells + ledger], the same seen backwards. */
double SgdScatterAtom(const SgdScatter *s, const double z[], double mass, double *target, const double *everywhere);
