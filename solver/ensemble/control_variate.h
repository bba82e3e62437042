/* Control variates: the measured variances, less what the same batches make of a linear walk whose variance is known.

   Along each mode alone, on the mean path, with the batch b of each step of trajectory t,

     y' = (1 - eta lambda) y - eta (v.grad l_b - v.g),   y_0 = 0,   lambda = v.H v,

   where gradients and curvature are the path's: a walk of known variance V_y and mean 0, at no gradients but those of the
   samples once an interval. With x the network's place in the mode and beta the regression of (x - <x>)^2 on y^2,

     Var(x) = <(x - <x>)^2> - beta (<y^2> - V_y)

   scatters less by the share of the spread that is linear: much at small steps, little where the landscape bends. */
#pragma once
#include "operators/linearised/path.h"
#include "solver/ensemble/trajectories.h"

typedef struct {
  double variance, error;
  double beta;
} SgdControlled;

/* Of an ensemble of plain SGD on samples with independent batches of size `batch`, drawn by `law` with `seed`, at its last
   record, which is the path's end: controlled [modes] along V [modes][P]. Collective. */
PETSC_INTERN PetscErrorCode SgdControlVariate(SgdPath path, PetscInt batch, SgdDrawLaw law, int seed, SgdEnsemble e,
                                              const double *V, SgdControlled controlled[]);
