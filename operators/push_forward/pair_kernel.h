/* Narrow Gaussians on a lattice, two neighbouring sources at a time: the inner loop of the levels (levels.h).

     weight_s(k) = exp(-(k - T_s)^T M_s (k - T_s)/2) on the box that holds |k_a - T_a| <= reach_a of both sources

   No exponential a point: along a row the weight is W P^j, W at the box's first row and P its factor from row to row,
   both tables along axis 0; rows and planes have tables and factors of their own (THEORY.md (90)). Where the two share little they take
   a box each. The boxes depend on the sources alone, so that adding, reading and normalising agree to rounding. Plain
   C on arrays. */
#pragma once
#include <stddef.h>

#define SGD_PAIR_WIDEST 256 /* points of a box along an axis, at the most */
#define SGD_PAIR_SLACK  24  /* points that a box may go beyond the reach of its sources, at either end of axis 0 */
/* R^2/2 sum_ab |M_ab| sqrt(S_aa S_bb), the exponent in a box's worst corner, must stay below this. */
#define SGD_PAIR_EXPONENT 600

typedef struct {
  double T[3], reach[3]; /* in points of the lattice, index 0 at its first one; the box lies within the lattice */
  double M[6];           /* inverse covariance, pairs 11, 12, 13, 22, 23, 33, zero beyond dim */
} SgdPairSource;

/* lattice[k] += sum_s mass[s] weight_s(k). count: 1 or 2 sources; stride [3] of the lattice, stride[0] = 1. */
void SgdPairAdd(int dim, int count, const SgdPairSource s[], const double mass[], double *lattice,
                const ptrdiff_t stride[]);
/* value[s] = sum_k lattice[k] weight_s(k) */
void SgdPairDot(int dim, int count, const SgdPairSource s[], const double *lattice, const ptrdiff_t stride[],
                double value[]);
