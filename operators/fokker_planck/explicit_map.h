/* The explicit step of the discrete Fokker-Planck map, y' = (1 + eta L1 + eta^2 L2) y (THEORY.md (25)), as a
   matrix-free shell: the weights are computed afresh from g and C at each step (explicit_line.h), so that a step reads
   the fields once: 64 bytes a cell in 2D, against 136 for an assembled matrix of nine entries a row. Fields that
   repeat from line to line (a constant C) are read from one line. Ranks exchange what crosses their slabs' seams, one
   row each way, and add up the ledger. Any dimension, boundary and number of ranks; MatMultTranspose is the backward
   equation. Its slow twin is the same operator assembled from transfers (model_discrete_fokker_planck.c). */
#pragma once
#include "meshes/fields.h"
#include <petscmat.h>

/* `fields` must outlive the map, and so must their values. Collective. */
PETSC_INTERN PetscErrorCode SgdExplicitMapCreate(SgdFields fields, double eta, Mat *map);
