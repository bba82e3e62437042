/* Remeshing: an atom of mass that lands between cell centres is shared out over the `order` cells nearest to it along
   each axis by Lagrange's weights,
     W_j(T) = prod_{k != j} (T - x_k)/(x_j - x_k),      sum_j W_j x_j^m = T^m,  m = 0 .. order - 1:
   the atom's moments below `order` are kept to rounding. Seen backwards it is interpolation of that order. Order 2
   keeps densities positive; higher ones need not. */
#pragma once
#include "operators/matrices/transfer_matrix.h"

#define SGD_REMESHING_MOST 8 /* the highest order; orders are even */
#define SGD_PIECE_MOST     16

/* The weights [order] of the cells first, first + 1, .. around `place` (in cells, centres at the integers); returns
   `first`. Plain C. */
int SgdRemeshingWeights(int order, double place, double weight[]);
/* The same place, on an axis of n cells, within reach of an integer. A place that is no number has run away to infinity.
   Plain C. */
double SgdRemeshingBring(double place, double n, SgdBoundary boundary);
/* Move `mass` times the mass of the cell `index` (of this rank) to `place` [dim] (in cells, centres at the integers),
   which may lie anywhere outside the box. */
PETSC_INTERN PetscErrorCode SgdRemeshingAdd(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order,
                                            const double place[], double mass);
/* The same for mass spread evenly over a piece of `width` [dim] cells around `place`, as a cell is that a step has
   contracted: points whose distance is no whole number of cells leave a ripple when remeshed, pieces that touch do not,
   for the weights are integrated over the piece, exactly. What the piece's own width adds to the moments is taken off
   by differences of the weights,
     1/sinc(k b/2) = 1 + b^2 k^2/24 + 7 b^4 k^4/5760 + ..,   k^2 = -delta^2 + delta^4/12 - ..,
   so that moments below min(order, 6) stay exact. Width 0: a point. Shares of order 2 stay positive: none is taken off.
 */
PETSC_INTERN PetscErrorCode SgdRemeshingAddPiece(SgdGrid grid, SgdTransfers t, const PetscInt index[], int order,
                                                 const double place[], const double width[], double mass);
/* The weights along one axis: of the cells first, first + 1, ..; returns `first`. weight [SGD_PIECE_MOST]. Plain C. */
int SgdRemeshingPiece(int order, double place, double width, double weight[], int *count);
