/* The cell-centred density grid on a slice of dimension d = 1, 2, 3, and the layout of a density's state vector.

   Axis 0 is the fastest (x). Ranks own slabs of the slowest axis (1 x 1 x P ownership), so the natural order of cells
   is the global order, and files from any number of ranks are the same.

   State vector y (every model): the mass in each cell (dimensionless; density = mass / cell volume), owned as the slabs
   are, followed on the last rank by the ledger: 2 d entries, the mass that has left through the lower and upper face of
   each axis (face 2a: lower end of axis a, 2a+1: upper). Every operator keeps sum(y) = 1 to rounding. */
#pragma once
#include "cases/file/case.h"
#include <petscdmda.h>

#define SGD_RANK_CELLS 536870912 /* cells that a rank may own: 2^29 */

typedef enum { SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC } SgdBoundary;

typedef struct _p_SgdGrid {
  MPI_Comm comm;
  int dim;
  PetscInt n[3];               /* cells per axis; 1 beyond dim */
  double min[3], max[3], h[3]; /* box and cell width, in slice coordinates (units of the parameters) */
  double volume;               /* h[0] h[1] .. h[dim-1] */
  SgdBoundary boundary[3];
  PetscInt cells;                    /* global number */
  PetscInt row, first_row, last_row; /* cells in a row (a hyperplane of the slowest axis); rows owned: [first, last) */
  PetscInt first_cell, last_cell;    /* cells owned */
  PetscInt ledger;                   /* 2 dim */
  DM dm;                             /* one degree of freedom, for layouts and viewers */
} * SgdGrid;

/* Exit 2: more ranks than rows of the slowest axis, more cells than PetscInt can number, more than SGD_RANK_CELLS on a
   rank. */
PETSC_EXTERN PetscErrorCode SgdGridCreate(MPI_Comm comm, int dim, const PetscInt n[], const double min[],
                                          const double max[], const SgdBoundary boundary[], SgdGrid *grid);
PETSC_EXTERN PetscErrorCode SgdGridDestroy(SgdGrid *grid);
/* A state vector of this layout, zero. */
PETSC_EXTERN PetscErrorCode SgdGridCreateState(SgdGrid grid, Vec *y);
/* Centre x [dim] of the cell with natural index `cell`. */
PETSC_EXTERN void SgdGridCentre(SgdGrid grid, PetscInt cell, double x[]);
/* The ledger on every rank: lost [2 dim]. Collective. */
PETSC_EXTERN PetscErrorCode SgdGridLedger(SgdGrid grid, Vec y, double lost[]);
/* Global index in a state vector of a cell or a ledger entry. */
static inline PetscInt SgdGridLedgerIndex(SgdGrid grid, int face) {
  return grid->cells + face;
}

/* Where index i along an axis lands: inside (the return value), or through a face (returns -1 and sets *face to the
   ledger's entry). Reflecting axes mirror at their walls, periodic ones wrap; absorbing ones have faces. */
static inline PetscInt SgdGridFold(SgdGrid grid, int axis, PetscInt i, int *face) {
  const PetscInt n = grid->n[axis];

  if (i >= 0 && i < n) return i;
  if (grid->boundary[axis] == SGD_ABSORBING) {
    *face = 2 * axis + (i >= n);
    return -1;
  }
  const PetscInt period = grid->boundary[axis] == SGD_PERIODIC ? n : 2 * n;
  i = ((i % period) + period) % period;
  return i < n ? i : period - 1 - i;
}

/* The state-vector index where a move to the (possibly outside) multi-index lands. The first axis left decides the
 * face. */
static inline PetscInt SgdGridTarget(SgdGrid grid, const PetscInt index[]) {
  PetscInt cell = 0, stride = 1;
  int face = 0;

  for (int a = 0; a < grid->dim; a++) {
    const PetscInt i = SgdGridFold(grid, a, index[a], &face);
    if (i < 0) return SgdGridLedgerIndex(grid, face);
    cell += i * stride;
    stride *= grid->n[a];
  }
  return cell;
}
static inline void SgdGridIndex(SgdGrid grid, PetscInt cell, PetscInt index[]) {
  for (int a = 0; a < grid->dim; a++) {
    index[a] = cell % grid->n[a];
    cell /= grid->n[a];
  }
}
