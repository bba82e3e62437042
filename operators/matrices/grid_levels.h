/* Coarser grids, and what takes masses there and back, for multigrid (grid_multigrid.h). The restriction adds up the cells
   that a coarse one is made of; the prolongation takes the density linear between coarse centres and constant beyond the
   last, or constant in every coarse cell: for drifts that cross a cell faster than mass diffuses through it, which linear
   ones cannot follow (rates stay positive), at three to five times the cycles elsewhere. Both leave the ledger as it is, and the columns of both sum to one. Of an odd number of cells the last is a coarse
   one by itself. */
#pragma once
#include "meshes/grid.h"
#include <petscmat.h>

/* A grid: slabs of the slowest axis, then the ledger, as state vectors are. */
typedef struct {
  MPI_Comm comm;
  int dim, ledger; /* entries of the ledger on this rank */
  PetscInt n[3], row, cells, first_row, last_row, size;
  PetscBool periodic[3], constant;
} SgdGridLevel;

PETSC_INTERN PetscErrorCode SgdGridFinest(SgdGrid grid, SgdGridLevel *l);
/* With half the cells along some axes. A coarse row belongs to the rank of its first fine one. */
PETSC_INTERN SgdGridLevel SgdGridHalve(const SgdGridLevel *fine, const PetscBool halved[3]);
/* P (fine x coarse) and R (coarse x fine), AIJ. Collective. */
PETSC_INTERN PetscErrorCode SgdGridProlongation(const SgdGridLevel *fine, const SgdGridLevel *coarse, Mat *P);
PETSC_INTERN PetscErrorCode SgdGridRestriction(const SgdGridLevel *fine, const SgdGridLevel *coarse, Mat *R);
