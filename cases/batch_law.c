#include "batch_law.h"
#include <math.h>
#include <stdlib.h>

/* (re, im) multiplied n times by unit steps: sum_i z_i^m for all m, samples in the inner loop so that it vectorises. */
void SgdBatchLawWithReplacement(int N, const double *c, int B, int n, double dq, double _Complex *phi) {
  enum { BLOCK = 256 };
  double re[BLOCK], im[BLOCK], step_re[BLOCK], step_im[BLOCK];

  for (int m = 0; m < n; m++) phi[m] = 0;
  for (int first = 0; first < N; first += BLOCK) {
    const int count = N - first < BLOCK ? N - first : BLOCK;
    for (int i = 0; i < count; i++) {
      re[i] = 1, im[i] = 0;
      step_re[i] = cos(dq * c[first + i] / B);
      step_im[i] = -sin(dq * c[first + i] / B);
    }
    for (int m = 0; m < n; m++) {
      double sum_re = 0, sum_im = 0;
      for (int i = 0; i < count; i++) sum_re += re[i], sum_im += im[i];
      phi[m] += CMPLX(sum_re, sum_im);
      for (int i = 0; i < count; i++) {
        const double x = re[i] * step_re[i] - im[i] * step_im[i];
        im[i] = re[i] * step_im[i] + im[i] * step_re[i];
        re[i] = x;
      }
    }
  }
  for (int m = 0; m < n; m++) phi[m] = cpow(phi[m] / N, B);
  phi[0] = 1;
}

/* Normalised recursion E_k^{(i)} = mean of products over k-subsets of the first i:
     E_k^{(i)} = (1 - k/i) E_k^{(i-1)} + (k/i) z_i E_{k-1}^{(i-1)}. */
int SgdBatchLawWithoutReplacement(int N, const double *c, int B, int n, double dq, double _Complex *phi) {
  double _Complex *E = malloc(((size_t)B + 1) * sizeof *E);

  if (!E) return 1;
  for (int m = 0; m < n; m++) {
    for (int k = 0; k <= B; k++) E[k] = k == 0;
    for (int i = 1; i <= N; i++) {
      const double angle = m * dq * c[i - 1] / B;
      const double _Complex z = CMPLX(cos(angle), -sin(angle));
      for (int k = i < B ? i : B; k >= 1; k--) {
        const double share = (double)k / i;
        E[k] = (1 - share) * E[k] + share * z * E[k - 1];
      }
    }
    phi[m] = E[B];
  }
  free(E);
  return 0;
}
