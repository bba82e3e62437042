/* Lists of equally likely batches, and of epochs: an entry is `steps` batches of B sample indices, [count][steps][B].
   A batch is one step; an epoch is the floor(N/B) batches into which the shuffled data are dealt (the N mod B samples
   at its end sit it out), in their order. */
#pragma once
#include "cases/noise/batch_draw.h"

/* How many batches there are: N^B sequences with replacement, binomial(N, B) subsets without. */
PETSC_EXTERN double SgdBatchListCount(PetscInt N, PetscInt B, SgdSampling sampling);
/* All of them. */
PETSC_EXTERN void SgdBatchListAll(PetscInt N, PetscInt B, SgdSampling sampling, PetscInt count, PetscInt *batch);
/* How many epochs there are: N! / (B!^K (N mod B)!), K = floor(N/B). */
PETSC_EXTERN double SgdEpochListCount(PetscInt N, PetscInt B);
/* All of them. */
PETSC_EXTERN PetscErrorCode SgdEpochListAll(PetscInt N, PetscInt B, PetscInt count, PetscInt *batch);
/* `count` entries of `steps` batches drawn at random by the seed: the same for any number of ranks. */
PETSC_EXTERN PetscErrorCode SgdBatchListDraw(PetscInt N, PetscInt B, SgdDrawLaw law, int seed, PetscInt count,
                                             PetscInt steps, PetscInt *batch);
