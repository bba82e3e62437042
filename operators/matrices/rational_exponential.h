/* exp(t L) y over stretches of any length at a cost that does not grow with t L: rational Krylov with one real pole,
   shift and invert (J. van den Eshof, M. Hochbruck, SIAM J. Sci. Comput. 27 (2006) 1438; I. Moret, P. Novati, BIT 44
   (2004) 595). With g near t/SGD_RATIONAL_POLE and R = (1 - g L)^{-1}, one factorisation for all stretches of a length,
     w = R y,   exp(t L) y = w + G (w - y),   G = s phi_1(t L) R^{-1} - 1,   s = t/g,   phi_1(x) = (e^x - 1)/x,
   and G is taken on the Krylov space of R and w - y. Columns of L sum to zero, hence w keeps the mass of y, and every
   vector of the space has none: mass is kept to rounding, whatever the error. That is estimated by what the last
   vector changed, and the space grows until it is below the tolerance. Not positive by construction. */
#pragma once
#include "meshes/grid.h"
#include <petscksp.h>

#define SGD_RATIONAL_POLE 7 /* t over the pole, within a factor of sqrt(2) */

typedef struct _p_SgdRational *SgdRational;

/* L: AIJ on state vectors of the grid, columns that sum to zero; referenced. prefix: of the linear solver's options.
   Collective. */
PETSC_EXTERN PetscErrorCode SgdRationalCreate(Mat L, const char *prefix, SgdGrid grid, SgdRational *r);
PETSC_EXTERN PetscErrorCode SgdRationalDestroy(SgdRational *r);
/* Error of a stretch to aim at, 2-norm over that of y. Default 1e-12. */
PETSC_EXTERN void SgdRationalSetTolerance(SgdRational r, double tolerance);
/* y = exp(t L) y. look (NULL: none) is called between solves; *stop gives the stretch up and leaves y as it was.
   Exit 3 where the space does not suffice. Collective. */
PETSC_EXTERN PetscErrorCode SgdRationalApply(SgdRational r, double t, Vec y,
                                             PetscErrorCode (*look)(void *, PetscBool *), void *context,
                                             PetscBool *stop);
/* Solves and factorisations (or set-ups of a preconditioner) so far; the largest estimated error of a stretch. */
PETSC_EXTERN void SgdRationalStatistics(SgdRational r, PetscInt *solves, PetscInt *factorisations, double *error);
/* Iterations of the linear solver so far; whether it is the grid's multigrid (grid_multigrid.h; else a factorisation or
   an algebraic one). */
PETSC_EXTERN PetscBool SgdRationalCycles(SgdRational r, PetscInt *cycles);
