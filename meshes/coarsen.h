/* A density seen on half the cells per axis. */
#pragma once
#include "meshes/grid.h"

/* The grid of the same box with half the cells per axis, each a pair of the fine grid's. The cells must be even. */
PETSC_EXTERN PetscErrorCode SgdHalveGrid(SgdGrid fine, SgdGrid *half);
/* z: the state y on `half` (cells only, the ledger stays zero). Cell masses stand for the density at cell centres, and
   the centre of a coarse cell is the middle of its pair: the pair's sum with its second to sixth differences taken out,
   by the eight-point midpoint formula. Conserves mass (what an axis lacks at its ends is mirrored or wrapped). */
PETSC_EXTERN PetscErrorCode SgdHalveState(SgdGrid fine, Vec y, SgdGrid half, Vec z);
