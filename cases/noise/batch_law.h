/* Characteristic function of the centred minibatch gradient, drawn from N centred per-sample gradients c_i in d
   dimensions (THEORY.md (16), (17)),
     phi(q) = E exp(-i q.(1/B) sum_{i in batch} c_i),
   on a line of modes q_m = q0 + m dq, m = 0 .. n-1. c [d][N], sums 0 along each row. Plain C. */
#pragma once
#include "cases/base/complex.h"

#define SGD_BATCH_LAW_MOST_SUBSETS 20000 /* N B that is affordable without replacement: complex products a mode */

/* With replacement: phi(q) = [ (1/N) sum_i exp(-i q.c_i / B) ]^B. Cost N n. */
void SgdBatchLawWithReplacement(int N, int d, const double *c, int B, const double q0[], const double dq[], int n,
                                double _Complex *phi);
/* Without replacement within the batch: the mean over all subsets of size B, by the elementary symmetric polynomial e_B
   of z_i = exp(-i q.c_i / B): phi = e_B / binomial(N, B). Cost N B n. Returns nonzero if memory ran out. */
int SgdBatchLawWithoutReplacement(int N, int d, const double *c, int B, const double q0[], const double dq[], int n,
                                  double _Complex *phi);
/* Widths side[0], side[1] with P(mean of the batch > side[0]) and P(mean < -side[1]) at most tail/2 each, for one component
   c [N], by Chernoff's bound:
     x = min_s [ ln(2/tail) + B ln( (1/N) sum_i exp(s c_i/B) ) ] / s,    at most the largest c_i (-c_i).
   They hold without replacement too (Hoeffding 1963, theorem 4). */
void SgdBatchLawSides(int N, const double *c, int B, double tail, double side[2]);
