/* Remeshing: an atom of mass that lands between cell centres is shared out over the `order` cells nearest to it along
   each axis by Lagrange's weights,
     W_j(T) = prod_{k != j} (T - x_k)/(x_j - x_k),      sum_j W_j x_j^m = T^m,  m = 0 .. order - 1:
   the atom's moments below `order` are kept to rounding. Seen backwards it is interpolation of that order. Order 2
   keeps densities positive; higher ones need not. */
#pragma once
#include "operators/matrices/transfer_matrix.h"

#define SGD_REMESHING_MOST 8 /* the highest order; orders are even */

/* The weights [order] of the cells first, first + 1, .. around `place` (in cells, centres at the integers); returns
   `first`. Plain C. */
int SgdRemeshingWeights(int order, double place, double weight[]);
/* Move `mass` times the mass of the cell `index` (of this rank) to `place` [dim] (in cells, centres at the integers),
   which may lie anywhere outside the box. */
PETSC_INTERN PetscErrorCode SgdRemeshingAdd(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order,
                                            const double place[], double mass);
