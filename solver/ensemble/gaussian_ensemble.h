/* The Gaussian closure with expectations over the current spread: the law of the parameters is N(m, Pi) after every step,

     m' = E[w - eta g(w)],   Pi' = Cov[w - eta g(w)] + eta^2 E[C(w)],   w ~ N(m, Pi),

   so it feels the landscape bend where the closures along the path are linear, and leaves out only what is not Gaussian.
   The expectations are taken over members, each a step of SGD with a batch of its own; after it the members are mixed by a
   random rotation among themselves that keeps their mean and their covariance, all P^2 of it, exactly and leaves nothing else of
   their law: every new member is a sum of all, near Gaussian. A step costs what as many trajectories cost.

   The closure is run several times over, on groups of members, for its error; a group's finite number also makes its
   landscape a little different from the limit's, by terms of the order of one over it. */
#pragma once
#include "solver/ensemble/trajectories.h"

#define SGD_GAUSSIAN_GROUPS 8

typedef struct {
  int groups; /* that stayed finite */
  double *variance, *error;
  double *growth, *growth_error; /* of the variance from half of the steps to all, as a power of 2 */
} SgdGaussianEnsemble;

/* `members` in all, a multiple of the groups, all from w_ref [P]; variances along V [modes][P] after step->steps steps, whose
   batches are independent of each other. Groups are shared out to the ranks; the same on any number of them. Collective. */
PETSC_INTERN PetscErrorCode SgdGaussianEnsembleRun(SgdLandscape l, const double *w_ref, const SgdTrajectoriesStep *step,
                                                   int members, int seed, int modes, const double *V,
                                                   SgdGaussianEnsemble *e);
PETSC_INTERN PetscErrorCode SgdGaussianEnsembleFree(SgdGaussianEnsemble *e);
/* x [members][P], of mean 0, to a random orthogonal mixture that keeps the mean and sum x x^T; the same for the same seed,
   stream and step. */
PETSC_INTERN PetscErrorCode SgdGaussianMix(int members, PetscInt P, int seed, int stream, PetscInt step, double *x);
