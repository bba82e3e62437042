/* Rates between metastable sets from their memberships chi_j, and the masses that balance them. */
#pragma once
#include "solver/long_time/eigenpairs.h"
#include "solver/long_time/simplex.h"

#define SGD_MOST_BASINS SGD_MOST_CORNERS

typedef struct {
  int count;                                          /* 0: the rates show no gap */
  PetscBool found;                                    /* false: slow modes without a set for each */
  double gap;                                         /* decay rate of the first mode left out over the last one's */
  double mass[SGD_MOST_BASINS];                       /* sum p chi_i; p: the (quasi-)stationary density */
  double mass_doubt[SGD_MOST_BASINS];                 /* relative, from that of the rates; 0 where no rate decides */
  double centre[SGD_MOST_BASINS][3];                  /* sum p chi_i a / mass */
  double rate[SGD_MOST_BASINS][SGD_MOST_BASINS];      /* G */
  double doubt[SGD_MOST_BASINS][SGD_MOST_BASINS];     /* of G: rounding and the eigenpairs' errors */
  double ambiguity[SGD_MOST_BASINS][SGD_MOST_BASINS]; /* of G: the choice of corners */
  double settles;     /* in tau: five times the relaxation time of the first mode left out */
  double rounding;    /* of a step, measured: negative mass and gains that are neither the equation's nor the box's */
  double least, most; /* of the memberships, where the sets' densities are (see above) */
  Vec chi[SGD_MOST_BASINS]; /* on the cells */
} SgdBasins;

/* Is the rate from set i to set j (i = j: out of set i) larger than twice its doubt and its ambiguity, their sum? If
   not, that bounds it. */
static inline double SgdBasinsRateBound(const SgdBasins *b, int i, int j) {
  return 2 * b->doubt[i][j] + b->ambiguity[i][j];
}
static inline PetscBool SgdBasinsRateKnown(const SgdBasins *b, int i, int j) {
  return (PetscBool)(PetscAbsReal(b->rate[i][j]) > SgdBasinsRateBound(b, i, j));
}
/* It is known and no less than zero, as a rate must be; else it is not told (the certificate then says why). */
static inline PetscBool SgdBasinsRateTold(const SgdBasins *b, int i, int j) {
  return (PetscBool)(SgdBasinsRateKnown(b, i, j) && (i == j ? b->rate[i][j] <= 0 : b->rate[i][j] >= 0));
}

/* G_ij per unit of tau, into b->rate, and its rounding (at least b->rounding a step) into b->doubt. Maps: with the slow
   right eigenvectors V, P - 1 = (V^T chi)^{-1} V^T (K^T - 1) chi,   G = ln(1 + (P - 1))/eta by its series: errors of
   either eigenspace enter as products, and small rates do not come out as differences of large numbers. Generators,
   whose eigenpairs are those of an inverse: G = A^{-1} diag(lambda) A, doubt: its difference from (V^T chi)^{-1}
   diag(lambda) V^T chi. Collective. */
PETSC_INTERN PetscErrorCode SgdBasinRates(SgdModel model, SgdGrid grid, double learning_rate, SgdEigenpairs right,
                                          SgdEigenpairs left, const SgdSimplex *simplex, SgdBasins *b);
/* b->ambiguity: the difference that the corners `other` would make, chi' = chi T, G' = T^{-1} G T; at least what the
   sets' own relaxation leaves open, T - 1 of order tau |G|: b->settles |G| |G|. */
PETSC_INTERN PetscErrorCode SgdBasinRatesCompare(const SgdSimplex *simplex, const SgdSimplex *other, SgdBasins *b);
/* Masses pi with pi G = 0 (leaks returned where pi is), scaled to the sum of b->mass, by elimination without
   subtractions (Grassmann, Taksar and Heyman, Operations Research 33 (1985) 1107): as accurate, relatively, as the
   rates. b->mass_doubt: their largest relative change when every rate moves by its doubt. *connected: false where a
   set's escape rate is not known; the masses stay, and the doubt is what the known rates allow. Plain C. */
PETSC_INTERN void SgdBasinMasses(SgdBasins *b, PetscBool *connected);
/* Add `shift` [m] of mass to p's sets, each by its own quasi-stationary density phi_i, phi^T chi = 1. */
PETSC_INTERN PetscErrorCode SgdBasinShift(SgdGrid grid, SgdEigenpairs right, const SgdBasins *b, const double shift[],
                                          Vec p);
