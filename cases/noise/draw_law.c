#include "cases/noise/draw_law.h"
#include "cases/base/blas.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stdlib.h>

#define BLOCK 256 /* samples at a time */

/* cos and sin of q_m c_i/B: x, y [M][BLOCK] */
static void Turn(int M, const double *q, int count, const double *c, int B, double *x, double *y) {
  for (int m = 0; m < M; m++) {
    double *restrict re = x + (long)m * BLOCK, *restrict im = y + (long)m * BLOCK;
    const double unit = q[m] / B;
    for (int i = 0; i < count; i++) re[i] = cos(unit * c[i]);
    for (int i = 0; i < count; i++) im[i] = sin(unit * c[i]);
  }
}

/* x, y [slow] times u, v [M] of one more axis, to [M][slow], from the end so that it may be done in place. */
static void Combine(int slow, int M, int count, const double *u, const double *v, double *x, double *y) {
  for (int m = M - 1; m >= 0; m--)
    for (int k = slow - 1; k >= 0; k--) {
      const double *a = x + (long)k * BLOCK, *b = y + (long)k * BLOCK, *c = u + (long)m * BLOCK,
                   *s = v + (long)m * BLOCK;
      double *re = x + ((long)m * slow + k) * BLOCK, *im = y + ((long)m * slow + k) * BLOCK;
      for (int i = 0; i < count; i++) {
        const double p = a[i] * c[i] - b[i] * s[i];
        im[i] = a[i] * s[i] + b[i] * c[i];
        re[i] = p;
      }
    }
}

static void Product(int slow, int fast, int count, double factor, const double *a, const double *b, double *sum) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, slow, fast, count, factor, a, BLOCK, b, BLOCK, 1.0, sum, fast);
}

SGD_PER_SET(int, SgdDrawLawTensor,
            (int N, int d, const double *c, int B, const int M[], const double *const q[], double *psi),
            (N, d, c, B, M, q, psi))
int SGD_HERE(SgdDrawLawTensor)(int N, int d, const double *c, int B, const int M[], const double *const q[],
                               double *psi) {
  const int slow = (d > 1 ? M[1] : 1) * (d > 2 ? M[2] : 1), all = slow * M[0];
  const long part = (long)BLOCK * (M[0] + slow + (d > 2 ? M[2] : 0));
  double *work = malloc(2 * (size_t)part * sizeof *work), *x = work, *y, *u, *v, *s;

  if (!work) return 1;
  y = x + (long)slow * BLOCK;
  u = y + (long)slow * BLOCK;
  v = u + (long)M[0] * BLOCK;
  s = v + (long)M[0] * BLOCK;
  for (int m = 0; m < 2 * all; m++) psi[m] = 0;
  for (int first = 0; first < N; first += BLOCK) {
    const int count = N - first < BLOCK ? N - first : BLOCK;
    if (d == 1)
      for (int i = 0; i < count; i++) x[i] = 1, y[i] = 0;
    else
      Turn(M[1], q[1], count, c + N + first, B, x, y);
    if (d > 2) {
      Turn(M[2], q[2], count, c + 2 * N + first, B, s, s + (long)M[2] * BLOCK);
      Combine(M[1], M[2], count, s, s + (long)M[2] * BLOCK, x, y);
    }
    Turn(M[0], q[0], count, c + first, B, u, v);
    Product(slow, M[0], count, 1.0 / N, x, u, psi);
    Product(slow, M[0], count, -1.0 / N, y, v, psi);
    Product(slow, M[0], count, -1.0 / N, x, v, psi + all);
    Product(slow, M[0], count, -1.0 / N, y, u, psi + all);
  }
  free(work);
  return 0;
}

SGD_PER_SET(void, SgdComplexPowers, (int n, int count, double *re, double *im), (n, count, re, im))
void SGD_HERE(SgdComplexPowers)(int n, int count, double *re, double *im) {
  double x[BLOCK], y[BLOCK];

  for (int first = 0; first < count; first += BLOCK) {
    const int m = count - first < BLOCK ? count - first : BLOCK;
    double *restrict p = re + first, *restrict r = im + first;
    for (int i = 0; i < m; i++) x[i] = p[i], y[i] = r[i], p[i] = 1, r[i] = 0;
    for (int k = n; k; k >>= 1) { /* by squaring */
      for (int i = 0; k & 1 && i < m; i++) {
        const double a = p[i] * x[i] - r[i] * y[i];
        r[i] = p[i] * y[i] + r[i] * x[i];
        p[i] = a;
      }
      for (int i = 0; i < m; i++) {
        const double a = x[i] * x[i] - y[i] * y[i];
        y[i] = 2 * x[i] * y[i];
        x[i] = a;
      }
    }
  }
}
