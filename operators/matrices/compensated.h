/* r = b - A x with every product and sum carried in twice the working precision, so that r is as good as if it had been
   computed so and rounded once (T. Ogita, S. Rump, S. Oishi, SIAM J. Sci. Comput. 26 (2005) 1955, Dot2). It is what
   iterative refinement needs for a solution that is right to rounding whatever the condition (up to 1/eps), and what
   keeps the mass where the entries of A are much larger than one: where its columns add up exactly
   (SgdTransfersRound), so do those of the product. */
#pragma once
#include "cases/base/base.h"
#include <petscksp.h>

typedef struct _p_SgdCompensated *SgdCompensated;

/* A: AIJ, and must outlive it. Collective. */
PETSC_INTERN PetscErrorCode SgdCompensatedCreate(Mat A, SgdCompensated *c);
PETSC_INTERN PetscErrorCode SgdCompensatedDestroy(SgdCompensated *c);
/* r = b + sign A x; b NULL: 0. r may be b, not x. Collective. */
PETSC_INTERN PetscErrorCode SgdCompensatedResidual(SgdCompensated c, Vec b, double sign, Vec x, Vec r);
/* A x = b (transpose: A^T x = b, and c is A^T's) by ksp, then refined until the next correction would be below 1e-16 of
   x; r, d: work. Where the corrections do not fall the condition is beyond 1/eps: exit 3. Collective. */
PETSC_INTERN PetscErrorCode SgdCompensatedSolve(SgdCompensated c, KSP ksp, PetscBool transpose, Vec b, Vec x, Vec r,
                                                Vec d);
