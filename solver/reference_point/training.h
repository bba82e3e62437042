/* The reference point w_ref of a slice: where the landscape is looked at (THEORY.md (7)).

   Section `reference_point` of the case:
     point: [..]       the parameters themselves, for landscapes of few dimensions; or
     file, dataset     a vector of P numbers in an HDF5 file (dataset w); otherwise the landscape's own start
     steps             then so many steps of SGD (sample landscapes), batches drawn with replacement:
     learning_rate, batch_size, seed
     minimize          then a minimiser to |g| <= gradient_norm in at most max_iterations
     save              then the point is written to this HDF5 file */
#pragma once
#include "cases/landscapes/landscape.h"
#include "solver/reference_point/reference_point.h"

/* Read and check the section: nothing is computed. */
PETSC_EXTERN PetscErrorCode SgdTrainingRead(SgdCase c, SgdLandscape l);
/* w [P], the same bit for bit on any number of ranks. Collective. Prints what was done: loss, |g|, accuracy. Errors: a
   wrong section (exit 2); loss or parameters not finite, |g| not reached (exit 3); files (exit 4). */
PETSC_EXTERN PetscErrorCode SgdTrainingRun(SgdCase c, SgdLandscape l, double *w);
