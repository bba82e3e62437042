/* All eigenpairs of a Hessian between two numbers in the interior of its spectrum, matrix-free: Krylov-Schur on a
   polynomial in H that is large in the interval and small outside (SLEPc's STFILTER after Fang and Saad, SIAM J. Sci.
   Comput. 34, 2012). No solves with H - sigma, whose condition at a network's Hessian defeats every iteration; the
   price is `degree` products with H for each vector of the Krylov space, and the narrower the interval is in the whole
   range, the higher a degree it wants. */
#pragma once
#include "cases/base/base.h"
#include <slepceps.h>

/* The whole spectrum lies in [low, high]. A solved EPS with the pairs found, to be destroyed by the caller. Tells what
   it will cost. All ranks of comm together, each with the whole of H. */
PETSC_INTERN PetscErrorCode SgdSpectrumIntervalSolve(Mat H, MPI_Comm comm, double low, double high,
                                                     const double interval[2], double tolerance, EPS *eps);
