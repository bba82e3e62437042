/* The first two operators of the Kramers-Moyal expansion (THEORY.md (24)), L1 p = d_i(g_i p), L2 p = (1/2) d_i d_j
   (R_ij p) with R = C + g g^T, by conservative central differences of second order: the first two moments of L1 p and
   L2 p are exact off the edge. */
#pragma once
#include "meshes/fields.h"
#include "operators/matrices/transfer_matrix.h"

/* R_ab at held cell i */
static inline double SgdSecondMoment(SgdFields f, PetscInt i, int a, int b) {
  return f->C[SgdPair(f->grid->dim, a, b)][i] + f->g[a][i] * f->g[b][i];
}
/* The transfers of drift L1 + diffusion L2 out of one cell, whose multi-index is `index`. */
PETSC_INTERN PetscErrorCode SgdKramersMoyalAdd(SgdTransfers t, SgdFields fields, PetscInt cell, const PetscInt index[],
                                               double drift, double diffusion);
/* A = I + drift L1 + diffusion L2 as AIJ on state vectors; columns sum to one. Collective. */
PETSC_INTERN PetscErrorCode SgdKramersMoyalAssemble(SgdFields fields, double drift, double diffusion, Mat *A);
