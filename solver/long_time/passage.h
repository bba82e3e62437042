/* Mean first-passage times by one linear solve with the transposed operator (the backward equation), never by stepping.
   On the cells c outside a target set, killed there and at absorbing faces,
     (I - K_cc^T) t = 1  (maps, t in steps),     -L_cc^T t = 1  (generators, t in tau),
   and the probability h of leaving the box through a face before the target is reached, (I - K_cc^T) h = K_fc^T 1.
   Maps and unassembled generators: GMRES on products with the transpose (preconditioned with a generator's assembled
   part, model.h); assembled generators: the
   solver of conservative_solve.h on L_cc^T, an M-matrix. The inverse has no negative entries and row sums t, so that
   the residual r bounds the error: |error| <= |r|_inf max t. A target is a union of cells: where the density is
   smooth, t is of order 2 in the cell width if the target's edge lies between cells (jumps) or at a cell centre
   (diffusions, which stop at the first centre inside). Options prefix: <model>_passage_. */
#pragma once
#include "operators/models/model.h"

typedef struct {
  Vec time;              /* on the cells, in SGD steps, until the target or a face is reached; 0 in the target */
  Vec lost;              /* probability that it is a face; NULL without absorbing faces */
  double bound;          /* of the error of `time`, relative to the largest time: |r|_inf */
  PetscInt applications; /* products with the transpose, or of an assembled generator's solver, iterations */
} SgdPassage;

/* inside [cells of this rank]: is the cell in the target? Neither all nor none may be. Collective. Exit 3 where the
   bound is above 1e-3. */
PETSC_INTERN PetscErrorCode SgdPassageSolve(SgdModel model, SgdGrid grid, double learning_rate,
                                            const PetscBool inside[], SgdPassage *passage);
PETSC_INTERN PetscErrorCode SgdPassageFree(SgdPassage *passage);
