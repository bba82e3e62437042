/* Geometric multigrid for systems 1 - g L of a generator on the grid, in place of an algebraic one: a set-up and a cycle
   take a third of BoomerAMG's. Cells are halved along the axes whose coupling asks for it. Coarse systems are R A P with
   the transfers of grid_levels.h: their columns sum to what A's do, and orders 1 and 2 suffice for a second-order operator
   (P. Hemker, J. Comput. Appl. Math. 32 (1990) 423). One sweep of Gauss-Seidel before and one after (on several ranks within each), the coarsest factored.
   Any number of cells, boundaries and ranks. Noise strongly correlated across the axes takes many cycles: whoever uses it
   looks at them and goes back to solver_packages.h. */
#pragma once
#include "meshes/grid.h"
#include <petscksp.h>

/* Options with pc's prefix: those of PCMG. A: the system, AIJ on state vectors, of which only the strengths of the
   couplings are read; the coarsest grid has at most `coarsest` cells where halving gets there; constant: of
   the two prolongations. Collective. */
PETSC_INTERN PetscErrorCode SgdGridMultigrid(PC pc, SgdGrid grid, Mat A, PetscInt coarsest, PetscBool constant);
