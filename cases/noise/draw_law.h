/* The characteristic function of one of a batch's draws, N centred samples c_i drawn alike, on a tensor of waves:
     psi(q) = (1/N) sum_i exp(-i q.c_i/B),     q_a = q[a][m_a], m_a = 0 .. M[a] - 1,
   so that a batch of B drawn with replacement has phi = psi^B (THEORY.md (16)). exp factors over the axes, and the sum over
   the samples is a product of matrices. Plain C on BLAS. */
#pragma once

/* c [d][N]; psi [2][M_{d-1}] .. [M_0]: real parts, then imaginary ones. Nonzero: out of memory. */
int SgdDrawLawTensor(int N, int d, const double *c, int B, const int M[], const double *const q[], double *psi);
/* The same at `count` waves q_a = dq[a] m_a of whole m: psi [2][count], real parts, then imaginary ones. exp(-i dq c/B) is
   raised from power to power, so that a wave costs a product a sample; worth it where the waves are many beside the largest
   |m_a|. Nonzero: out of memory. */
int SgdDrawLawWaves(int N, int d, const double *c, int B, const double dq[], int count, const int (*m)[3], double *psi);
/* (re + i im)^n in place, `count` numbers. */
void SgdComplexPowers(int n, int count, double *re, double *im);
