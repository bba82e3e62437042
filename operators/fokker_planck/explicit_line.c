#include "operators/fokker_planck/explicit_line.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include "meshes/fields.h"

enum { L = SGD_LANES };

/* What the cells of a vector send: up_a = second_a - drift_a to +e_a, down_a = second_a + drift_a to -e_a. */
typedef struct {
  SgdVector stay, up[3], down[3], cross[6];
} Sent;

/* The ends of lines, out of line: they would take registers from the loops. Lanes behind the last cell are zero. */
static __attribute__((noinline)) SgdVector ReadPart(const double *x, long count) {
  double lanes[L] = {0};

  for (long k = 0; k < count && k < L; k++) lanes[k] = x[k];
  return *(SgdLooseVector *)lanes;
}

static __attribute__((noinline)) void WritePart(SgdVector v, double *x, long count) {
  for (long k = 0; k < count && k < L; k++) x[k] = v[k];
}

/* `count` cells are left of the line; the loops give L, a constant. */
SGD_ALWAYS_INLINE SgdVector Read(const double *x, long count) {
  return count >= L ? *(const SgdLooseVector *)x : ReadPart(x, count);
}

SGD_ALWAYS_INLINE void Write(SgdVector v, double *x, long count) {
  if (count >= L)
    *(SgdLooseVector *)x = v;
  else
    WritePart(v, x, count);
}

SGD_ALWAYS_INLINE void Add(SgdVector v, double *x, long count) {
  Write(Read(x, count) + v, x, count);
}

/* The cells from i on. d is a constant where this is called: the loops are unrolled. */
SGD_ALWAYS_INLINE Sent Send(const SgdExplicitLine *l, int d, SgdVector mass, long i, long count) {
  SgdVector drift[3];
  Sent s;

  s.stay = mass;
#pragma GCC unroll 3
  for (int a = 0; a < d; a++) {
    drift[a] = l->drift[a] * Read(l->g[a] + i, count);
    const SgdVector noise = l->noise[SgdPair(d, a, a)] * Read(l->C[SgdPair(d, a, a)] + i, count),
                    second = noise + 2 * drift[a] * drift[a];
    s.up[a] = (second - drift[a]) * mass;
    s.down[a] = (second + drift[a]) * mass;
    s.stay -= 2 * second * mass;
  }
#pragma GCC unroll 3
  for (int p = 0; p < d * (d - 1) / 2; p++) { /* (0, 1), (0, 2), (1, 2) */
    const int a = p == 2, b = 1 + (p > 0), ab = SgdPair(d, a, b);
    s.cross[ab] = (l->noise[ab] * Read(l->C[ab] + i, count) + drift[a] * drift[b]) * mass;
  }
  return s;
}

/* The cells from i on send s; those of the vectors before and behind send to them along the line. fresh is a constant. */
SGD_ALWAYS_INLINE void Deliver(int d, int fresh, const Sent *before, const Sent *s, const Sent *behind,
                               const SgdExplicitTargets *to, long i, long count) {
  const SgdVector up = SgdVectorBefore(before->up[0], s->up[0]), down = SgdVectorBehind(s->down[0], behind->down[0]);

  Add(s->stay + up + down, to->along + i, count);
#pragma GCC unroll 2
  for (int a = 1; a < d; a++) {
    const int p = SgdPair(d, 0, a);
    const SgdVector skew =
        SgdVectorBehind(s->cross[p], behind->cross[p]) - SgdVectorBefore(before->cross[p], s->cross[p]);
    if (fresh)
      Write(s->up[a] - skew, to->beside[a][1] + i, count);
    else
      Add(s->up[a] - skew, to->beside[a][1] + i, count);
    Add(s->down[a] + skew, to->beside[a][0] + i, count);
  }
  if (d < 3) return;
  for (int k = 0; k < 2; k++) {
    Add(s->cross[SgdPair(3, 1, 2)], to->corner[k][k] + i, count);
    Add(-s->cross[SgdPair(3, 1, 2)], to->corner[k][1 - k] + i, count);
  }
}

SGD_ALWAYS_INLINE void Scatter(const SgdExplicitLine *l, int d, int fresh, const double *m, long n,
                               const SgdExplicitTargets *to) {
  const SgdVector none = {0};
  Sent before = Send(l, d, none, 0, n), here = Send(l, d, Read(m, n), 0, n);
  long i = 0;

  for (; i + 2 * L <= n; i += L) {
    const Sent behind = Send(l, d, Read(m + i + L, L), i + L, L);
    Deliver(d, fresh, &before, &here, &behind, to, i, L);
    before = here;
    here = behind;
  }
  for (; i < n; i += L) {
    const Sent behind = Send(l, d, Read(m + i + L, n - i - L), i + L, n - i - L);
    Deliver(d, fresh, &before, &here, &behind, to, i, n - i);
    before = here;
    here = behind;
  }
}

/* What the line's first cell and its last one send beyond. */
SGD_ALWAYS_INLINE void Ends(const SgdExplicitLine *l, int d, const double *m, long n, SgdExplicitEnds *ends) {
  const Sent first = Send(l, d, Read(m, 1), 0, 1), last = Send(l, d, Read(m + n - 1, 1), n - 1, 1);

  ends->along[0] = first.down[0][0];
  ends->along[1] = last.up[0][0];
  for (int a = 1; a < d; a++) {
    ends->above[0][a] = -first.cross[SgdPair(d, 0, a)][0];
    ends->above[1][a] = last.cross[SgdPair(d, 0, a)][0];
  }
}

SGD_PER_SET(void, SgdExplicitScatter,
            (const SgdExplicitLine *line, const double *m, long n, const SgdExplicitTargets *to, SgdExplicitEnds *ends),
            (line, m, n, to, ends))
void SGD_HERE(SgdExplicitScatter)(const SgdExplicitLine *line, const double *m, long n, const SgdExplicitTargets *to,
                                  SgdExplicitEnds *ends) {
  const SgdExplicitLine l = *line; /* pointers and factors do not change while the targets are written */
  const SgdExplicitTargets t = *to;

  if (l.dim == 1)
    Scatter(&l, 1, 0, m, n, &t);
  else if (l.dim == 2 && t.fresh)
    Scatter(&l, 2, 1, m, n, &t);
  else if (l.dim == 2)
    Scatter(&l, 2, 0, m, n, &t);
  else
    Scatter(&l, 3, 0, m, n, &t);
  Ends(&l, l.dim, m, n, ends);
}

/* A neighbour's values, at s on axis a and r on axis b. */
SGD_ALWAYS_INLINE SgdVector Near(const double *const near[3][3], int a, int s, int b, int r, long i, long count) {
  int at[3] = {0, 0, 0};

  at[a] += s;
  at[b] += r;
  return Read(near[1 + at[1]][1 + at[2]] + i + at[0], count);
}

/* x + sum_a [ up_a (x_{+a} - x) + down_a (x_{-a} - x) ] + sum_ab cross_ab (x_{+a+b} + x_{-a-b} - x_{+a-b} - x_{-a+b}),
   with the rates of a unit mass. */
SGD_ALWAYS_INLINE SgdVector See(const SgdExplicitLine *l, int d, const double *const near[3][3], long i, long count) {
  const Sent rate = Send(l, d, (SgdVector){0} + 1, i, count);
  const SgdVector x = Near(near, 0, 0, 0, 0, i, count);
  SgdVector sum = x;

#pragma GCC unroll 3
  for (int a = 0; a < d; a++) {
    sum += rate.up[a] * (Near(near, a, 1, 0, 0, i, count) - x) + rate.down[a] * (Near(near, a, -1, 0, 0, i, count) - x);
#pragma GCC unroll 3
    for (int b = a + 1; b < d; b++)
      sum += rate.cross[SgdPair(d, a, b)] * (Near(near, a, 1, b, 1, i, count) + Near(near, a, -1, b, -1, i, count) -
                                             Near(near, a, 1, b, -1, i, count) - Near(near, a, -1, b, 1, i, count));
  }
  return sum;
}

SGD_ALWAYS_INLINE void Gather(const SgdExplicitLine *l, int d, const double *const near[3][3], long n, double *out) {
  long i = 0;

  for (; i + L <= n; i += L) Write(See(l, d, near, i, L), out + i, L);
  if (i < n) Write(See(l, d, near, i, n - i), out + i, n - i);
}

SGD_PER_SET(void, SgdExplicitGather, (const SgdExplicitLine *line, const double *const near[3][3], long n, double *out),
            (line, near, n, out))
void SGD_HERE(SgdExplicitGather)(const SgdExplicitLine *line, const double *const near[3][3], long n, double *out) {
  const SgdExplicitLine l = *line;

  if (l.dim == 1)
    Gather(&l, 1, near, n, out);
  else if (l.dim == 2)
    Gather(&l, 2, near, n, out);
  else
    Gather(&l, 3, near, n, out);
}
