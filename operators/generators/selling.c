#include "operators/generators/selling.h"
#include <math.h>
#include <string.h>

/* Obtuse superbase reduction: b_0 + .. + b_d = 0 and b_i.D b_j <= 0 for i != j. Then
     D = - sum_{i<j} (b_i.D b_j) e_ij e_ij^T,
   with e_ij orthogonal to all b_k, k != i, j: in 2D the quarter turn of b_k, in 3D the cross product b_k x b_l. */
#define MAX_STEPS 10000

typedef struct {
  int dim, b[4][3];
  double D[3][3];
} Superbase;

static double Product(const Superbase *s, int i, int j) {
  double sum = 0;
  for (int a = 0; a < s->dim; a++)
    for (int c = 0; c < s->dim; c++) sum += s->b[i][a] * s->D[a][c] * s->b[j][c];
  return sum;
}

/* One step of the reduction, on a pair with positive product. 2D: (b_i, b_j, b_k) -> (-b_i, b_j, b_i - b_j);
   3D: (b_i, b_j, b_k, b_l) -> (-b_i, b_j, b_k + b_i, b_l + b_i). */
static void Flip(Superbase *s, int i, int j) {
  int old[3];

  memcpy(old, s->b[i], sizeof old);
  if (s->dim == 2) {
    const int k = 3 - i - j;
    for (int a = 0; a < 2; a++) {
      s->b[k][a] = old[a] - s->b[j][a];
      s->b[i][a] = -old[a];
    }
    return;
  }
  for (int k = 0; k < 4; k++)
    for (int a = 0; a < 3; a++)
      if (k != i && k != j) s->b[k][a] += old[a];
  for (int a = 0; a < 3; a++) s->b[i][a] = -old[a];
}

static int Reduce(Superbase *s) {
  double scale = 0;

  for (int a = 0; a < s->dim; a++) scale += s->D[a][a];
  for (int step = 0; step < MAX_STEPS; step++) {
    int flipped = 0;
    for (int i = 0; i <= s->dim && !flipped; i++)
      for (int j = i + 1; j <= s->dim && !flipped; j++)
        if (Product(s, i, j) > 1e-14 * scale) {
          Flip(s, i, j);
          flipped = 1;
        }
    if (!flipped) return 0;
  }
  return 1;
}

static void Direction(const Superbase *s, int i, int j, int e[3]) {
  int other[2], n = 0;

  e[0] = e[1] = e[2] = 0;
  for (int k = 0; k <= s->dim; k++)
    if (k != i && k != j) other[n++] = k;
  if (s->dim == 2) {
    e[0] = -s->b[other[0]][1];
    e[1] = s->b[other[0]][0];
    return;
  }
  const int *u = s->b[other[0]], *v = s->b[other[1]];
  e[0] = u[1] * v[2] - u[2] * v[1];
  e[1] = u[2] * v[0] - u[0] * v[2];
  e[2] = u[0] * v[1] - u[1] * v[0];
}

static int PositiveDefinite(int dim, double D[3][3]) {
  const double minor2 = dim > 1 ? D[0][0] * D[1][1] - D[0][1] * D[0][1] : 1;
  const double det = dim > 2 ? D[0][0] * (D[1][1] * D[2][2] - D[1][2] * D[1][2]) -
                                   D[0][1] * (D[0][1] * D[2][2] - D[1][2] * D[0][2]) +
                                   D[0][2] * (D[0][1] * D[1][2] - D[1][1] * D[0][2])
                             : 1;
  return D[0][0] > 0 && minor2 > 0 && det > 0;
}

int SgdSellingDecompose(int dim, const double D[], SgdSelling *out) {
  Superbase s = {.dim = dim};

  for (int a = 0, c = 0; a < dim; a++)
    for (int b = a; b < dim; b++, c++) s.D[a][b] = s.D[b][a] = D[c];
  if (!PositiveDefinite(dim, s.D)) return 1;
  out->count = 0;
  if (dim == 1) {
    *out = (SgdSelling){.count = 1, .e = {{1, 0, 0}}, .rho = {D[0]}};
    return 0;
  }
  for (int a = 0; a < dim; a++) {
    s.b[a][a] = 1;
    s.b[dim][a] = -1;
  }
  if (Reduce(&s)) return 1;
  for (int i = 0; i <= dim; i++)
    for (int j = i + 1; j <= dim; j++) {
      const double rho = -Product(&s, i, j);
      if (rho <= 0) continue;
      Direction(&s, i, j, out->e[out->count]);
      out->rho[out->count++] = rho;
    }
  return 0;
}
