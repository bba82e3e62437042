#include "cases/noise/batch_law.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stdlib.h>

/* z^n by squaring */
static double _Complex Power(double _Complex z, int n) {
  double _Complex p = 1;

  for (; n; n >>= 1, z *= z)
    if (n & 1) p *= z;
  return p;
}

/* angle[i] = q.c_{first + i} / B */
static void Angles(int N, int d, const double *c, int first, int count, int B, const double q[], double *angle) {
  for (int i = 0; i < count; i++) angle[i] = 0;
  for (int a = 0; a < d; a++)
    for (int i = 0; i < count; i++) angle[i] += q[a] / B * c[a * N + first + i];
}

/* exp(-i angle), sum_i z_i of all modes: z_i goes on from mode to mode by a constant factor; samples in the inner loop
   so that it vectorises. */
#define BLOCK 256
typedef struct {
  double re[BLOCK], im[BLOCK], step_re[BLOCK], step_im[BLOCK];
} Phases;

/* Two loops: in one, the compiler calls sincos, which it cannot vectorise. */
static void Turn(int count, const double *angle, double *re, double *im) {
  for (int i = 0; i < count; i++) re[i] = cos(angle[i]);
  for (int i = 0; i < count; i++) im[i] = -sin(angle[i]);
}

static void Advance(int count, Phases *z) {
  for (int i = 0; i < count; i++) {
    const double x = z->re[i] * z->step_re[i] - z->im[i] * z->step_im[i];
    z->im[i] = z->re[i] * z->step_im[i] + z->im[i] * z->step_re[i];
    z->re[i] = x;
  }
}

SGD_PER_SET(void, SgdBatchLawWithReplacement,
            (int N, int d, const double *c, int B, const double q0[], const double dq[], int n, double _Complex *phi),
            (N, d, c, B, q0, dq, n, phi))
void SGD_HERE(SgdBatchLawWithReplacement)(int N, int d, const double *c, int B, const double q0[], const double dq[],
                                          int n, double _Complex *phi) {
  Phases z;
  double angle[BLOCK];

  for (int m = 0; m < n; m++) phi[m] = 0;
  for (int first = 0; first < N; first += BLOCK) {
    const int count = N - first < BLOCK ? N - first : BLOCK;
    Angles(N, d, c, first, count, B, q0, angle);
    Turn(count, angle, z.re, z.im);
    if (n > 1) {
      Angles(N, d, c, first, count, B, dq, angle);
      Turn(count, angle, z.step_re, z.step_im);
    }
    for (int m = 0; m < n; m++) {
      double re = 0, im = 0;
      for (int i = 0; i < count; i++) re += z.re[i], im += z.im[i];
      phi[m] += CMPLX(re, im);
      if (m < n - 1) Advance(count, &z);
    }
  }
  for (int m = 0; m < n; m++) phi[m] = Power(phi[m] / N, B);
}

/* Normalised recursion E_k^{(i)} = mean of products over k-subsets of the first i:
     E_k^{(i)} = (1 - k/i) E_k^{(i-1)} + (k/i) z_i E_{k-1}^{(i-1)},
   LANES modes side by side; E [B + 1] real and imaginary parts. */
#define LANES 8
typedef double Lanes[LANES];

static void Recursion(int N, int d, const double *c, int B, const double q[][3], Lanes *re, Lanes *im) {
  for (int k = 0; k <= B; k++)
    for (int l = 0; l < LANES; l++) re[k][l] = k == 0, im[k][l] = 0;
  for (int i = 1; i <= N; i++) {
    Lanes angle, x, y;
    for (int l = 0; l < LANES; l++) {
      angle[l] = 0;
      for (int a = 0; a < d; a++) angle[l] += q[l][a] / B * c[a * N + i - 1];
    }
    Turn(LANES, angle, x, y);
    for (int k = i < B ? i : B; k >= 1; k--) {
      const double share = (double)k / i, rest = 1 - share;
      for (int l = 0; l < LANES; l++) {
        const double u = re[k - 1][l], v = im[k - 1][l];
        re[k][l] = rest * re[k][l] + share * (x[l] * u - y[l] * v);
        im[k][l] = rest * im[k][l] + share * (x[l] * v + y[l] * u);
      }
    }
  }
}

SGD_PER_SET(int, SgdBatchLawWithoutReplacement,
            (int N, int d, const double *c, int B, const double q0[], const double dq[], int n, double _Complex *phi),
            (N, d, c, B, q0, dq, n, phi))
int SGD_HERE(SgdBatchLawWithoutReplacement)(int N, int d, const double *c, int B, const double q0[], const double dq[],
                                            int n, double _Complex *phi) {
  Lanes *E = malloc(2 * ((size_t)B + 1) * sizeof *E);
  double q[LANES][3];

  if (!E) return 1;
  for (int first = 0; first < n; first += LANES) {
    for (int l = 0; l < LANES; l++)
      for (int a = 0; a < d; a++) q[l][a] = q0[a] + (first + l) * dq[a];
    Recursion(N, d, c, B, q, E, E + B + 1);
    for (int l = 0; l < LANES && first + l < n; l++) phi[first + l] = CMPLX(E[B][l], E[2 * B + 1][l]);
  }
  free(E);
  return 0;
}

/* The bound for s > 0, in units of the largest |c| */
static double Chernoff(int N, const double *c, int B, double scale, double tail, double s) {
  double sum = 0;

  for (int i = 0; i < N; i++) sum += exp(s * c[i] / (scale * B));
  return (log(2 / tail) + B * log(sum / N)) / fabs(s);
}

SGD_PER_SET(void, SgdBatchLawSides, (int N, const double *c, int B, double tail, double side[2]), (N, c, B, tail, side))
void SGD_HERE(SgdBatchLawSides)(int N, const double *c, int B, double tail, double side[2]) {
  double scale;

  side[0] = side[1] = 0;
  for (int i = 0; i < N; i++) side[0] = fmax(side[0], c[i]), side[1] = fmax(side[1], -c[i]);
  scale = fmax(side[0], side[1]);
  if (scale == 0) return;
  for (int i = 0; i < 2; i++)
    for (double s = 0.25; s < 600 * B; s *= 1.25) /* the bound is flat around its minimum: 25 % steps lose 1 % */
      side[i] = fmin(side[i], scale * Chernoff(N, c, B, scale, tail, i ? -s : s));
}
