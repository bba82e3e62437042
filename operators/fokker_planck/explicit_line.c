#include "operators/fokker_planck/explicit_line.h"
#include "cases/base/instruction_set.h"
#include "meshes/fields.h"

/* One loop, unrolled over the axes: d is a constant where this is called. */
static inline __attribute__((always_inline)) void Send(const SgdExplicitLine *l, int d, const double *restrict m,
                                                       long shift, int low, int high, SgdSent *restrict s) {
  for (int i = low; i < high; i++) {
    const double mass = m[shift + i];
    double drift[3], stay = mass;
#pragma GCC unroll 3
    for (int a = 0; a < d; a++) {
      drift[a] = l->drift[a] * l->g[a][shift + i];
      const double second = l->noise[SgdPair(d, a, a)] * l->C[SgdPair(d, a, a)][shift + i] + 2 * drift[a] * drift[a];
      s->up[a][i] = (second - drift[a]) * mass;
      s->down[a][i] = (second + drift[a]) * mass;
      stay -= 2 * second * mass;
    }
#pragma GCC unroll 3
    for (int p = 0; p < d * (d - 1) / 2; p++) { /* (0, 1), (0, 2), (1, 2) */
      const int a = p == 2, b = 1 + (p > 0);
      s->cross[SgdPair(d, a, b)][i] =
          (l->noise[SgdPair(d, a, b)] * l->C[SgdPair(d, a, b)][shift + i] + drift[a] * drift[b]) * mass;
    }
    s->stay[i] = stay;
  }
}

SGD_PER_SET(void, SgdExplicitSend,
            (const SgdExplicitLine *l, const double *m, long length, long first, int count, SgdSent *s),
            (l, m, length, first, count, s))
void SGD_HERE(SgdExplicitSend)(const SgdExplicitLine *l, const double *m, long length, long first, int count,
                               SgdSent *s) {
  const SgdExplicitLine local = *l; /* its pointers do not change while s is written */
  const int low = first == 0, high = count + 2 - (first + count == length); /* entries that are cells of the line */

  s->count = count;
  for (int a = 0; a < l->dim; a++) s->up[a][0] = s->down[a][0] = s->up[a][count + 1] = s->down[a][count + 1] = 0;
  for (int p = 0; p < SGD_PAIRS(l->dim); p++) s->cross[p][0] = s->cross[p][count + 1] = 0;
  if (l->dim == 1)
    Send(&local, 1, m, first - 1, low, high, s);
  else if (l->dim == 2)
    Send(&local, 2, m, first - 1, low, high, s);
  else
    Send(&local, 3, m, first - 1, low, high, s);
}

SGD_PER_SET(void, SgdExplicitAlong, (const SgdSent *restrict s, double *restrict to), (s, to))
void SGD_HERE(SgdExplicitAlong)(const SgdSent *restrict s, double *restrict to) {
  for (int i = 1; i <= s->count; i++) to[i - 1] += s->stay[i] + s->up[0][i - 1] + s->down[0][i + 1];
}

SGD_PER_SET(void, SgdExplicitBeside, (const SgdSent *restrict s, int dim, int axis, double *above, double *below),
            (s, dim, axis, above, below))
void SGD_HERE(SgdExplicitBeside)(const SgdSent *restrict s, int dim, int axis, double *above, double *below) {
  const double *restrict up = s->up[axis], *restrict down = s->down[axis],
                         *restrict cross = s->cross[SgdPair(dim, 0, axis)];
  const int count = s->count;

  for (int i = 1; i <= count; i++) {
    const double skew = cross[i + 1] - cross[i - 1];
    above[i - 1] += up[i] - skew;
    below[i - 1] += down[i] + skew;
  }
}

SGD_PER_SET(void, SgdExplicitDiagonal,
            (const SgdSent *restrict s, int dim, int a, int b, int sign, double *restrict to), (s, dim, a, b, sign, to))
void SGD_HERE(SgdExplicitDiagonal)(const SgdSent *restrict s, int dim, int a, int b, int sign, double *restrict to) {
  const double *restrict cross = s->cross[SgdPair(dim, a, b)], factor = sign;

  for (int i = 1; i <= s->count; i++) to[i - 1] += factor * cross[i];
}
