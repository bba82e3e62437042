/* The closures of path_adjoint.h for vectors of very many parameters, which lie over the ranks as path->shares says
   (shares.h): V [M][local] are stretches. No rank has more than a few whole vectors at a time: every product gathers its
   vector, takes this rank's samples, and scatters the sum; directional derivatives are of this rank's samples, their
   variances sums over the ranks. So results depend on the number of ranks by rounding. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "operators/linearised/path.h"
#include "operators/linearised/path_replicas.h"

/* variance [M]. Collective. */
PETSC_INTERN PetscErrorCode SgdPathAdjointShared(SgdPath path, PetscInt batch, SgdSampling sampling, int M,
                                                 const double *V, double *variance);
/* The replicas one after the other, each by all ranks. Collective. */
PETSC_INTERN PetscErrorCode SgdPathAdjointCoupledShared(SgdPath path, PetscInt batch, SgdSampling sampling,
                                                        int replicas, int seed, int M, const double *V,
                                                        const SgdPathReplicas *out);
/* hv [local] = H_b u with the Hessian of a batch of sample indices, of which every rank takes a part: u [P] whole, part
   [P] room. Collective. */
PETSC_INTERN PetscErrorCode SgdSharedBatchHessian(SgdLandscape l, SgdShares shares, const double *w, PetscInt batch,
                                                  const PetscInt *index, const double *u, double *part, double *hv);
