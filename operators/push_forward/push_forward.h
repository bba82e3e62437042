/* A map that pushes mass forward from this rank's cells to any cell, however far: each rank adds into a buffer over the
   whole grid and the buffers are summed where they belong (THEORY.md (2)). The result is a PETSc shell matrix with
   MatMult (the forward equation) and MatMultTranspose (the backward one). */
#pragma once
#include "meshes/grid.h"

typedef struct {
  /* target[state index] += what the local masses mass [local cells] send there; target [cells + ledger] starts at zero
   */
  PetscErrorCode (*push)(void *ctx, const double *mass, double *target);
  /* value[local cell] = sum over targets of weight times `everywhere` [cells + ledger] */
  PetscErrorCode (*pull)(void *ctx, const double *everywhere, double *value);
  PetscErrorCode (*destroy)(void *ctx);
} SgdPushForwardOps;

/* ctx belongs to the matrix from here on. Exit 2 beyond 2^27 cells, whose buffer would take more than a GiB a rank. */
PETSC_INTERN PetscErrorCode SgdPushForwardCreate(SgdGrid grid, const SgdPushForwardOps *ops, void *ctx, Mat *A);
