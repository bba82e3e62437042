/* The path-linearised variance of single modes without any P x P matrix (THEORY.md (56)). With u_n = v and, backwards,
   u_{k-1} = (I - eta H_k) u_k:

     v^T Pi_n v = eta^2 sum_k u_k^T C_k u_k

   u^T C u is the batch variance of the directional derivative along u. One Hessian-vector product a step and mode.

   Coupled: with the Hessian H_b of a batch drawn afresh in place of H_k at every step, the mean over the draws is the
   variance with the term eta^2 E(dH Pi dH) and no other approximation, since the batches of different steps are
   independent. A number of replicas gives it with its standard error, at the cost of one batch's product a step. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "operators/linearised/path.h"
#include "operators/linearised/path_replicas.h"

/* variance [M] for the rows of V [M][P], or their stretches [M][local] where the path is shared out (path_shared.h).
   Collective. */
PETSC_EXTERN PetscErrorCode SgdPathAdjoint(SgdPath path, PetscInt batch, SgdSampling sampling, int M, const double *V,
                                           double *variance);
/* Does every rank keep the whole gradients [samples][P] of all samples of an interval? */
PETSC_EXTERN PetscBool SgdPathAdjointKeeps(PetscInt P, PetscInt samples);
/* Sample landscapes: over `replicas` >= 2 sequences of batches. The same on any number of ranks, which take whole
   replicas. Collective. */
PETSC_EXTERN PetscErrorCode SgdPathAdjointCoupled(SgdPath path, PetscInt batch, SgdSampling sampling, int replicas,
                                                  int seed, int M, const double *V, const SgdPathReplicas *out);
