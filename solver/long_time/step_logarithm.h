/* The logarithm of a map's one-step matrix, L = ln(A)/eta: the generator whose motion over a step is the map, where there is one.

     K_m(a_j) = sum_i f_m(x_i - a_j) L_ij,   f_m(d) = d^m (1 + s + s^2/2 + s^3/6) exp(-s),   s = d^2/(2 w^2),   m = 1 .. 4     (THEORY.md (99))

   are its drift K_1, its diffusion K_2 (variance per unit of time) and what a diffusion has not: f_m is d^m to order m + 8 near 0 and short of
   range, for a matrix on a lattice has tails that alternate and fall off slowly. A generator has K_4 >= 0 (Pawula); its rates are positive.
   Only between cells that the process visits: off them the matrix has no logarithm that means anything. A map whose step noise is narrower than
   SGD_LOGARITHM_LEAST cells is the points' own (nearly the identity), and one whose shortest waves are lost to rounding, or that overshoots
   (negative eigenvalues), has no real logarithm: refused, with the reason in words. */
#pragma once
#include "solver/long_time/step_matrix.h"

#define SGD_LOGARITHM_LEAST 0.95 /* step noise, cells */

typedef struct {
  PetscInt first, count; /* the cells it is taken between */
  double *K[4];          /* [count]; NaN within reach of the ends */
  double least;          /* smallest absolute eigenvalue of A */
  double negative;       /* the lowest rate between two cells, and whose it is; 0: all are positive */
  PetscInt from, to;
  double share;  /* of the negative rates in the positive ones, weighted with the visits */
  double fourth; /* the lowest K_4/(h^2 K_2), weighted with the visits over their largest; well below 0: no generator */
  PetscInt where;    /* its cell */
  char refused[256]; /* "": it is there */
} SgdStepLogarithm;

/* visits [cells]: mean density over the run. Not collective. */
PETSC_INTERN PetscErrorCode SgdStepLogarithmCompute(const SgdStepMatrix *m, SgdGrid grid, double learning_rate,
                                                    const double visits[], SgdStepLogarithm *l);
PETSC_INTERN PetscErrorCode SgdStepLogarithmFree(SgdStepLogarithm *l);
