/* Jump rates of the fractional Laplacian -(-Laplace)^{alpha/2}, 0 < alpha <= 2, on a lattice of width 1: the fractional
   power of the second difference, whose symbol is
     -(2 - 2 cos q)^{alpha/2} = -|q|^alpha (1 - alpha q^2/24 + ..):   second order in the cell width.
   Its off-diagonal entries, the fractional centred differences of Ortigueira (Int. J. Math. Math. Sci. 2006, 48391),
     w_k = (-1)^{k+1} Gamma(alpha + 1)/[Gamma(alpha/2 - k + 1) Gamma(alpha/2 + k + 1)],   k = 1, 2, ..,
   are never negative, so a mass that jumps by +-k cells at the rates w_k is a Markov process: the lattice's symmetric
   alpha-stable motion. w_k ~ k^{-1-alpha}; alpha = 2: w_1 = 1 and no others. Plain C. */
#pragma once

/* w[k] for k = 1 .. count; w[0] is the total rate 2 (w_1 + w_2 + ..). */
void SgdFractionalRates(double alpha, int count, double w[]);
/* sum_{j >= k} w_j, from w_k: the rate of jumps of at least k >= 1 cells to one side. */
double SgdFractionalTail(double alpha, int k, double w_k);
/* Rates on a ring of `period` >= 2 cells: r[o], o = 1 .. period - 1, the sum of w_k over all k (either sign) that lead
   o cells on; r[0] = 0. */
void SgdFractionalRing(double alpha, int period, double r[]);
