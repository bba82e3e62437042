/* Sparse operators built from transfers of mass: a transfer takes `rate` times the mass of a source cell out of it and
   into the cell at source + offset, or into the ledger if that lies beyond an absorbing face. Columns of the sum
   therefore add up to zero, whatever the rates: an operator assembled from transfers cannot lose mass. Rates >= 0 make
   it the generator of a Markov jump process, which keeps densities positive. */
#pragma once
#include "meshes/grid.h"
#include <petscmat.h>

typedef struct _p_SgdTransfers *SgdTransfers;

PETSC_INTERN PetscErrorCode SgdTransfersCreate(SgdGrid grid, SgdTransfers *t);
/* index: the source's multi-index, a cell of this rank. */
PETSC_INTERN PetscErrorCode SgdTransfersAdd(SgdTransfers t, const PetscInt index[], const int offset[], double rate);
/* Transfers so far, over all ranks; those of one source that follow each other are merged by target. Collective. */
PETSC_INTERN PetscErrorCode SgdTransfersCount(SgdTransfers t, double *entries);
/* Bytes an entry at the peak of assembling: 16 in the list, twice that while it grows; copied, sorted and permuted
   (40); in the matrix (12). */
#define SGD_TRANSFER_BYTES 84.0
/* Round every rate to a multiple of a power of two (2^-52, more where a cell's rates are large), so that with scale 1
   and shift 0 or 1 the entries of each column of A add up to the shift without any rounding. To be called once, before
   assembling. It changes a cell's largest rate by a part in 10^14 at most, unless that is below 0.01. */
PETSC_INTERN PetscErrorCode SgdTransfersRound(SgdTransfers t);
/* A = shift I + scale * (sum of the transfers), AIJ on state vectors. May be called again with other numbers. */
PETSC_INTERN PetscErrorCode SgdTransfersAssemble(SgdTransfers t, double shift, double scale, Mat *A);
PETSC_INTERN PetscErrorCode SgdTransfersDestroy(SgdTransfers *t);
