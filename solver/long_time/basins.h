/* Metastable sets, two or more, and the rates between them, from the m slowest left eigenfunctions u_k of a model's
   operator (backward equation: nearly constant on each set). m is where the decay rates leave the largest gap.

   Inner simplex algorithm (Weber and Galliat, ZIB report 02-12, 2002): seen as points (u_1(a) .. u_m(a)), the places
   lie in a simplex whose corners are the sets; the corners are found one after the other, each the farthest from those
   before, and with A the inverse of their coordinates
     chi = u A,   sum_i chi_i = 1 where nothing leaks,
   are the memberships. They span an invariant space, so the rates are exact, not fitted:
     K^T chi = chi P,   P = A^-1 diag(mu) A,   G = A^-1 diag(ln mu/eta) A (generators: diag(lambda)),
   G_ij from set i to set j per unit of tau, and -G_ii the escape rate of set i, leaks included. */
#pragma once
#include "solver/long_time/eigenpairs.h"

#define SGD_MOST_BASINS 16

typedef struct {
  int count;                                     /* 0: the rates show no gap */
  double gap;                                    /* decay rate of the first mode left out over the last one's */
  double mass[SGD_MOST_BASINS];                  /* sum p chi_i; p: the (quasi-)stationary density */
  double centre[SGD_MOST_BASINS][3];             /* sum p chi_i a / mass */
  double rate[SGD_MOST_BASINS][SGD_MOST_BASINS]; /* G */
  Vec chi[SGD_MOST_BASINS];                      /* on the cells */
} SgdBasins;

/* e: the slowest right eigenpairs; p: state vector of mass 1. Collective. */
PETSC_EXTERN PetscErrorCode SgdBasinsFind(SgdModel model, SgdGrid grid, double learning_rate, SgdEigenpairs e, Vec p,
                                          const SgdEigenpairsOptions *o, SgdBasins *basins);
PETSC_EXTERN PetscErrorCode SgdBasinsFree(SgdBasins *basins);
