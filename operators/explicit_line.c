#include "explicit_line.h"
#include "fields.h"

void SgdExplicitSend(const SgdExplicitLine *l, const double *m, long length, long first, int count, SgdSent *s) {
  const int low = first == 0, high = count + 2 - (first + count == length); /* entries that are cells of the line */
  const long shift = first - 1;

  s->count = count;
  for (int i = low; i < high; i++) s->stay[i] = m ? m[shift + i] : 1;
  for (int a = 0; a < l->dim; a++)
    for (int b = a + 1; b < l->dim; b++) {
      const int pair = SgdPair(l->dim, a, b);
      const double *restrict ga = l->g[a] + shift, *restrict gb = l->g[b] + shift, *restrict C = l->C[pair] + shift;
      const double product = l->drift[a] * l->drift[b], noise = l->noise[pair];
      double *restrict cross = s->cross[pair];
      cross[0] = cross[count + 1] = 0;
      for (int i = low; i < high; i++) cross[i] = (noise * C[i] + product * ga[i] * gb[i]) * s->stay[i];
    }
  for (int a = 0; a < l->dim; a++) {
    const int pair = SgdPair(l->dim, a, a);
    const double *restrict g = l->g[a] + shift, *restrict C = l->C[pair] + shift;
    const double factor = l->drift[a], noise = l->noise[pair];
    double *restrict drift = s->drift[a], *restrict second = s->second[a];
    drift[0] = second[0] = drift[count + 1] = second[count + 1] = 0;
    for (int i = low; i < high; i++) {
      const double d = factor * g[i], mass = m ? m[shift + i] : 1;
      drift[i] = d * mass;
      second[i] = (noise * C[i] + 2 * d * d) * mass;
      s->stay[i] -= 2 * second[i];
    }
  }
}

void SgdExplicitAlong(const SgdSent *s, double *to) {
  const double *restrict stay = s->stay, *restrict second = s->second[0], *restrict drift = s->drift[0];
  double *restrict out = to;

  for (int i = 1; i <= s->count; i++)
    out[i - 1] += stay[i] + (second[i - 1] - drift[i - 1]) + (second[i + 1] + drift[i + 1]);
}

void SgdExplicitBeside(const SgdSent *s, int dim, int axis, int sign, double *to) {
  const double *restrict second = s->second[axis], *restrict drift = s->drift[axis],
                         *restrict cross = s->cross[SgdPair(dim, 0, axis)], up = sign;
  double *restrict out = to;

  for (int i = 1; i <= s->count; i++) out[i - 1] += second[i] - up * (drift[i] + cross[i + 1] - cross[i - 1]);
}

void SgdExplicitDiagonal(const SgdSent *s, int dim, int a, int b, int sign, double *to) {
  const double *restrict cross = s->cross[SgdPair(dim, a, b)], up = sign;
  double *restrict out = to;

  for (int i = 1; i <= s->count; i++) out[i - 1] += up * cross[i];
}
