#include "operators/push_forward/gaussian_splat.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stdlib.h>

/* The Gaussian as a chain of conditional ones, slowest axis first: x_a given the axes slower than a has variance v[a]
   and mean T[a] + sum_{b > a} c[a][b] (x_b - T[b]). */
typedef struct {
  int dim;
  double T[3], v[3], c[3][3], radius;
} Chain;

static double Entry(int dim, const double S[], int a, int b) {
  const int i = a < b ? a : b, j = a < b ? b : a;
  return S[i * dim - i * (i - 1) / 2 + (j - i)];
}

/* Eliminate the axes from the slowest on: S = U diag(v) U^T with unit upper triangular U, c = U above the diagonal
   expressed in the residuals, then turned into coefficients of x_b - T_b. Returns 0 if S is positive definite. */
static int MakeChain(Chain *k, const double S[]) {
  double M[3][3];

  for (int a = 0; a < k->dim; a++)
    for (int b = 0; b < k->dim; b++) M[a][b] = Entry(k->dim, S, a, b);
  for (int p = k->dim - 1; p >= 0; p--) {
    k->v[p] = M[p][p];
    if (!(k->v[p] > 0)) return 1;
    for (int a = 0; a < p; a++) k->c[a][p] = M[a][p] / M[p][p];
    for (int a = 0; a < p; a++)
      for (int b = 0; b < p; b++) M[a][b] -= k->c[a][p] * M[p][b];
  }
  return 0;
}

static int Reserve(SgdGaussianSplat *s, int runs, int weights) {
  if (runs > s->run_capacity) {
    s->run_capacity = 2 * runs;
    s->start = realloc(s->start, (size_t)s->run_capacity * sizeof *s->start);
    s->length = realloc(s->length, (size_t)s->run_capacity * sizeof *s->length);
    s->offset = realloc(s->offset, (size_t)s->run_capacity * sizeof *s->offset);
  }
  if (weights > s->weight_capacity) {
    s->weight_capacity = 2 * weights;
    s->weight = realloc(s->weight, (size_t)s->weight_capacity * sizeof *s->weight);
  }
  return s->start && s->length && s->offset && s->weight ? 0 : 2;
}

/* One run: w_i = amplitude exp(-(i - mean)^2 / (2 v)) over |i - mean| <= reach. */
static int Run(SgdGaussianSplat *s, const Chain *k, const int index[3], double mean, double amplitude, double left) {
  const double reach = sqrt(left * k->v[0]), factor = -0.5 / k->v[0];
  const int first = (int)ceil(mean - reach), length = (int)floor(mean + reach) - first + 1;
  const int offset = s->runs ? s->offset[s->runs - 1] + s->length[s->runs - 1] : 0;

  if (length <= 0) return 0;
  if (Reserve(s, s->runs + 1, offset + length)) return 2;
  double *restrict w = s->weight + offset;
  for (int i = 0; i < length; i++) {
    const double x = first + i - mean;
    w[i] = amplitude * exp(factor * x * x);
  }
  s->start[s->runs][0] = first;
  s->start[s->runs][1] = index[1];
  s->start[s->runs][2] = index[2];
  s->length[s->runs] = length;
  s->offset[s->runs++] = offset;
  return 0;
}

/* Axes from the slowest to the fastest; `left` is what remains of radius^2, dev[b] = x_b (residual) of the slower ones.
 */
static int Descend(SgdGaussianSplat *s, const Chain *k, int axis, int index[3], double dev[3], double amplitude,
                   double left) {
  double mean = k->T[axis];

  for (int b = axis + 1; b < k->dim; b++) mean += k->c[axis][b] * dev[b];
  amplitude /= sqrt(2 * 3.14159265358979323846 * k->v[axis]);
  if (axis == 0) return Run(s, k, index, mean, amplitude, left);
  const double reach = sqrt(left * k->v[axis]);
  for (int i = (int)ceil(mean - reach); i <= (int)floor(mean + reach); i++) {
    const double x = i - mean, q = x * x / k->v[axis];
    index[axis] = i;
    dev[axis] = x; /* the residual: c[][] multiplies residuals of the elimination */
    if (Descend(s, k, axis - 1, index, dev, amplitude * exp(-0.5 * q), left - q)) return 2;
  }
  return 0;
}

SGD_PER_SET(int, SgdGaussianSplatFill,
            (SgdGaussianSplat * s, int dim, const double T[], const double S[], double radius), (s, dim, T, S, radius))
int SGD_HERE(SgdGaussianSplatFill)(SgdGaussianSplat *s, int dim, const double T[], const double S[], double radius) {
  Chain k = {.dim = dim, .radius = radius};
  int index[3] = {0, 0, 0}, error, count;
  double dev[3] = {0, 0, 0}, sum = 0;

  for (int a = 0; a < dim; a++) k.T[a] = T[a];
  if (MakeChain(&k, S)) return 1;
  s->runs = 0;
  if ((error = Descend(s, &k, dim - 1, index, dev, 1.0, radius * radius))) return error;
  if (!s->runs) return 1; /* so narrow that no cell centre lies within the radius */
  count = s->offset[s->runs - 1] + s->length[s->runs - 1];
  for (int i = 0; i < count; i++) sum += s->weight[i];
  s->scale = 1 / sum;
  for (int i = 0; i < count; i++) s->weight[i] *= s->scale;
  return 0;
}

SGD_PER_SET(void, SgdGaussianSplatFree, (SgdGaussianSplat * s), (s))
void SGD_HERE(SgdGaussianSplatFree)(SgdGaussianSplat *s) {
  free(s->start);
  free(s->length);
  free(s->offset);
  free(s->weight);
  *s = (SgdGaussianSplat){0};
}
