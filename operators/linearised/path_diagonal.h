/* The diagonal theory along the path (THEORY.md (50) with the fields of each interval): every direction by itself,
     Pi_{n+1} = [(1 - eta lambda_n)^2 + eta^2 Gamma_n] Pi_n + eta^2 D_n,   Pi_0 = 0,
   lambda = v.Hv, D and Gamma the batch variances of v.grad and v.Hv. It keeps what a batch's Hessian does to a mode alone
   and drops all that passes between modes. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "operators/linearised/path.h"

/* variance [M] for the rows of V [M][P], or their stretches [M][local] where the path is shared out. Collective. */
PETSC_EXTERN PetscErrorCode SgdPathDiagonal(SgdPath path, PetscInt batch, SgdSampling sampling, int M, const double *V,
                                            double *variance);
