/* The fluctuating part of the Hessian at one point: dH_b = H_b - H of sampled batches, dense, and what it adds to a
   covariance. Work and results are shared over the ranks. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "cases/landscapes/landscape.h"

typedef struct _p_SgdPathCoupling *SgdPathCoupling;

PETSC_INTERN PetscErrorCode SgdPathCouplingCreate(SgdLandscape l, int batches, PetscInt batch, SgdSampling sampling,
                                                  int seed, SgdPathCoupling *coupling);
/* Draw the batches of interval `interval` anew, at w, where the mean Hessian is H [P][P]. Collective. */
PETSC_INTERN PetscErrorCode SgdPathCouplingMove(SgdPathCoupling coupling, int interval, const double *w,
                                                const double *H);
/* S += scale (1/batches) sum_b dH_b Pi dH_b; all [P][P]. Collective. */
PETSC_INTERN PetscErrorCode SgdPathCouplingAdd(SgdPathCoupling coupling, double scale, const double *Pi, double *S);
PETSC_INTERN PetscErrorCode SgdPathCouplingDestroy(SgdPathCoupling *coupling);
