/* Characteristic function of the centred minibatch gradient, drawn from N per-sample gradients c_i (centred: sum 0), on
   the uniform mesh q_m = m dq, m = 0 .. n-1 (NUMERICS 4). Plain C. */
#pragma once
#include <complex.h>

/* With replacement: phi(q) = [ (1/N) sum_i exp(-i q c_i / B) ]^B. */
void SgdBatchLawWithReplacement(int N, const double *c, int B, int n, double dq, double _Complex *phi);
/* Without replacement within the batch: the mean over all subsets of size B, by the elementary symmetric polynomial e_B
   of z_i = exp(-i q c_i / B): phi = e_B / binomial(N, B). Cost N B n. Returns nonzero if memory ran out. */
int SgdBatchLawWithoutReplacement(int N, const double *c, int B, int n, double dq, double _Complex *phi);
