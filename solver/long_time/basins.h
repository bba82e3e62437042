/* Metastable sets, two or more, and the rates between them, from the m slowest left eigenfunctions u_k of a model's
   operator (backward equation: nearly constant on each set). m is the last place where the next decay rate is at least
   five times as large.

   The places (u_1(a) .. u_m(a)) lie in a simplex whose corners are the sets (simplex.h), and with A the inverse of
   their coordinates
     chi = u A,   sum_i chi_i = 1 where nothing leaks,
   are the memberships. They span an invariant space, so the rates are exact, not fitted:
     K^T chi = chi P,   G = ln P/eta (generators: L^T chi = chi G),
   G_ij from set i to set j per unit of tau, and -G_ii the escape rate of set i, leaks included (basin_rates.h).

   Eigenfunctions mean something where the process is, and a set may hold a billionth of the mass: the corners are
   looked for among the local maxima of p. Within its set a membership then varies by the set's own relaxation over the
   time to leave it, 1/gap, and by as much it overshoots [0, 1]. That is how well the sets are defined; what corners
   elsewhere in them, among all cells with at least 1e-4 of their set's largest density, would change is `ambiguity`. */
#pragma once
#include "solver/long_time/basin_rates.h"

/* e: the slowest right eigenpairs; p: state vector of mass 1. Where rates connect the sets, the masses that balance
   them are more accurate than an eigenvector's, and p is shifted between the sets to have them. Collective. */
PETSC_INTERN PetscErrorCode SgdBasinsFind(SgdModel model, SgdGrid grid, double learning_rate, SgdEigenpairs e, Vec p,
                                          const SgdEigenpairsOptions *o, SgdBasins *basins);
PETSC_INTERN PetscErrorCode SgdBasinsFree(SgdBasins *basins);
