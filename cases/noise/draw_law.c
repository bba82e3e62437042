#include "cases/noise/draw_law.h"
#include "cases/base/blas.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stdlib.h>

#define BLOCK 256 /* samples at a time */

#define RESTART 16 /* powers from one that is computed directly */

/* cos and sin of `unit` c_i. Two loops: in one, the compiler calls sincos, which it cannot vectorise. */
static void Direct(double unit, int count, const double *c, double *restrict re, double *restrict im) {
  for (int i = 0; i < count; i++) re[i] = cos(unit * c[i]);
  for (int i = 0; i < count; i++) im[i] = sin(unit * c[i]);
}

/* re + i im = (a + i b)(u + i v) */
static void Next(int count, const double *a, const double *b, const double *u, const double *v, double *restrict re,
                 double *restrict im) {
  for (int i = 0; i < count; i++) {
    re[i] = a[i] * u[i] - b[i] * v[i];
    im[i] = a[i] * v[i] + b[i] * u[i];
  }
}

/* Do the waves follow each other at one distance, to rounding, and are they enough for it to pay? */
static int Evenly(int M, const double *q) {
  if (M < RESTART) return 0;
  for (int m = 1; m < M; m++)
    if (fabs(q[m] - q[0] - m * ((q[M - 1] - q[0]) / (M - 1))) > 1e-15 * (fabs(q[0]) + fabs(q[M - 1]))) return 0;
  return 1;
}

/* cos and sin of q_m c_i/B: x, y [M][BLOCK]; evenly spaced ones from wave to wave by one product. */
static void Turn(int M, const double *q, int count, const double *c, int B, double *x, double *y) {
  const int even = Evenly(M, q);
  double u[BLOCK], v[BLOCK];

  if (even) Direct((q[M - 1] - q[0]) / (M - 1) / B, count, c, u, v);
  for (int m = 0; m < M; m++) {
    double *re = x + (long)m * BLOCK, *im = y + (long)m * BLOCK;
    if (even && m % RESTART)
      Next(count, re - BLOCK, im - BLOCK, u, v, re, im);
    else
      Direct(q[m] / B, count, c, re, im);
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

/* Are the waves of every axis but the first as many below 0 as above, to rounding? */
static int Mirrored(int d, const int M[], const double *const q[]) {
  for (int a = 1; a < d; a++)
    for (int m = 0; m < M[a]; m++)
      if (fabs(q[a][m] + q[a][M[a] - 1 - m]) > 1e-14 * fabs(q[a][M[a] - 1])) return 0;
  return 1;
}

/* sum [slow][fast] += a b^T */
static void Product(int slow, int fast, int count, const double *a, const double *b, double *sum) {
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, slow, fast, count, 1.0, a, BLOCK, b, BLOCK, 1.0, sum, fast);
}

/* psi from the sums over the first `done` of the slow waves, [x, y][done][u, v][fast]: products of the cosines and sines
   x, y of the slow axes and u, v of the first; at the others, their mirrors from the end, y is -y. */
static void Collect(int N, int slow, int done, int fast, const double *sum, double *psi) {
  const long part = 2L * done * fast, all = (long)slow * fast;

  for (int k = 0; k < slow; k++) {
    const double sign = k < done ? 1 : -1;
    const double *x = sum + 2L * (k < done ? k : slow - 1 - k) * fast, *y = x + part;
    double *re = psi + (long)k * fast, *im = re + all;
    for (int m = 0; m < fast; m++) {
      re[m] = (x[m] - sign * y[fast + m]) / N;
      im[m] = -(x[fast + m] + sign * y[m]) / N;
    }
  }
}

/* x, y [slow][BLOCK]: the waves of the slow axes together, in two dimensions the first `done`; s: room for 2 [M[2]][BLOCK].
 */
static void Slow(int N, int d, const double *c, int B, const int M[], const double *const q[], int done, int count,
                 double *x, double *y, double *s) {
  if (d == 1)
    for (int i = 0; i < count; i++) x[i] = 1, y[i] = 0;
  else
    Turn(d == 2 ? done : M[1], q[1], count, c + N, B, x, y);
  if (d < 3) return;
  Turn(M[2], q[2], count, c + 2 * (long)N, B, s, s + (long)M[2] * BLOCK);
  Combine(M[1], M[2], count, s, s + (long)M[2] * BLOCK, x, y);
}

SGD_PER_SET(int, SgdDrawLawTensor,
            (int N, int d, const double *c, int B, const int M[], const double *const q[], double *psi),
            (N, d, c, B, M, q, psi))
int SGD_HERE(SgdDrawLawTensor)(int N, int d, const double *c, int B, const int M[], const double *const q[],
                               double *psi) {
  const int slow = (d > 1 ? M[1] : 1) * (d > 2 ? M[2] : 1), done = Mirrored(d, M, q) ? (slow + 1) / 2 : slow;
  const long turns = (long)BLOCK * (M[0] + slow + (d > 2 ? M[2] : 0)), sums = 4 * (long)done * M[0];
  double *work = malloc((size_t)(2 * turns + sums) * sizeof *work), *x = work, *y, *u, *v, *s, *sum;

  if (!work) return 1;
  y = x + (long)slow * BLOCK;
  u = y + (long)slow * BLOCK;
  v = u + (long)M[0] * BLOCK;
  s = v + (long)M[0] * BLOCK;
  sum = work + 2 * turns;
  for (long m = 0; m < sums; m++) sum[m] = 0;
  for (int first = 0; first < N; first += BLOCK) {
    const int count = N - first < BLOCK ? N - first : BLOCK;
    Slow(N, d, c + first, B, M, q, done, count, x, y, s);
    Turn(M[0], q[0], count, c + first, B, u, v);
    Product(done, 2 * M[0], count, x, u, sum); /* u and v in one */
    Product(done, 2 * M[0], count, y, u, sum + 2L * done * M[0]);
  }
  Collect(N, slow, done, M[0], sum, psi);
  free(work);
  return 0;
}

#define PART 128 /* samples whose powers stay in the cache */

/* Powers 0 .. most of exp(i q c_i/B): x, y [most + 1][PART]; samples beyond `count` are 0. */
static void Powers(int most, double q, int count, const double *c, int B, double *x, double *y) {
  for (int m = 0; m <= most; m++) {
    double *re = x + (long)m * PART, *im = y + (long)m * PART;
    if (m > 1 && m % RESTART) {
      Next(PART, re - PART, im - PART, x + PART, y + PART, re, im);
      continue;
    }
    Direct(q / B * m, count, c, re, im);
    for (int i = count; i < PART; i++) re[i] = im[i] = 0;
  }
}

/* sum[0] + i sum[1] += sum_i (a + i s b)(c + i t d) of PART samples, s and t signs. */
static void AddProducts(const double *a, const double *b, double s, const double *c, const double *d, double t,
                        double *sum) {
  double ac = 0, bd = 0, ad = 0, bc = 0;

  for (int i = 0; i < PART; i++) {
    ac += a[i] * c[i];
    bd += b[i] * d[i];
    ad += a[i] * d[i];
    bc += b[i] * c[i];
  }
  sum[0] += ac - s * t * bd;
  sum[1] += t * ad + s * bc;
}

/* to = (a + i s b)(c + i t d) */
static void Multiply(const double *a, const double *b, double s, const double *c, const double *d, double t, double *re,
                     double *im) {
  for (int i = 0; i < PART; i++) {
    re[i] = a[i] * c[i] - s * t * b[i] * d[i];
    im[i] = t * a[i] * d[i] + s * b[i] * c[i];
  }
}

/* One wave's sum over the part; x, y [d]: the powers of each axis. */
static void AddWave(int d, const int m[], double *const x[], double *const y[], double *sum) {
  const long at[3] = {labs(m[0]) * (long)PART, d > 1 ? labs(m[1]) * (long)PART : 0,
                      d > 2 ? labs(m[2]) * (long)PART : 0};
  const double s[3] = {m[0] < 0 ? -1 : 1, d > 1 && m[1] < 0 ? -1 : 1, d > 2 && m[2] < 0 ? -1 : 1};
  double re[PART], im[PART];

  if (d == 1) { /* times power 0 of itself */
    AddProducts(x[0] + at[0], y[0] + at[0], s[0], x[0], y[0], 1, sum);
  } else if (d == 2) {
    AddProducts(x[0] + at[0], y[0] + at[0], s[0], x[1] + at[1], y[1] + at[1], s[1], sum);
  } else {
    Multiply(x[0] + at[0], y[0] + at[0], s[0], x[1] + at[1], y[1] + at[1], s[1], re, im);
    AddProducts(re, im, 1, x[2] + at[2], y[2] + at[2], s[2], sum);
  }
}

SGD_PER_SET(int, SgdDrawLawWaves,
            (int N, int d, const double *c, int B, const double dq[], int count, const int (*m)[3], double *psi),
            (N, d, c, B, dq, count, m, psi))
int SGD_HERE(SgdDrawLawWaves)(int N, int d, const double *c, int B, const double dq[], int count, const int (*m)[3],
                              double *psi) {
  double *x[3] = {0}, *y[3] = {0}, *work;
  int most[3] = {0, 0, 0};
  long room = 0;

  for (int a = 0; a < d; a++) {
    for (int i = 0; i < count; i++) most[a] = abs(m[i][a]) > most[a] ? abs(m[i][a]) : most[a];
    room += 2L * (most[a] + 2) * PART;
  }
  work = malloc((size_t)room * sizeof *work);
  if (!work) return 1;
  x[0] = work;
  for (int a = 0; a < d; a++) {
    y[a] = x[a] + (most[a] + 2L) * PART;
    if (a + 1 < d) x[a + 1] = y[a] + (most[a] + 2L) * PART;
  }
  for (int i = 0; i < 2 * count; i++) psi[i] = 0;
  for (int first = 0; first < N; first += PART) {
    const int part = N - first < PART ? N - first : PART;
    for (int a = 0; a < d; a++) Powers(most[a], dq[a], part, c + (long)a * N + first, B, x[a], y[a]);
    for (int i = 0; i < count; i++) {
      double sum[2] = {0, 0};
      AddWave(d, m[i], x, y, sum);
      psi[i] += sum[0] / N;
      psi[count + i] -= sum[1] / N;
    }
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
