#include "operators/push_forward/pair_kernel.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include "cases/base/vector_exp.h"
#include <math.h>

#define TABLE          (SGD_PAIR_WIDEST / SGD_LANES + 2)
#define MOST           (SGD_LANES == 8 ? 8 : 6) /* vectors of a row at a time: two sources' rows stay in the registers */
#define LOOSE(p)       (*(SgdLooseVector *)(p))
#define CONST_LOOSE(p) (*(const SgdLooseVector *)(p))

typedef struct {
  int first[3], count[3], vectors, row_vectors;
} Box;

/* One source on one box: along axis 0 the first row of the present plane, its factors from row to row and from plane to
   plane; along axis 1 the same without the former; along axis 2 value, ratio and the ratio's ratio. */
typedef struct {
  SgdVector W[TABLE], P[TABLE], X[TABLE], A[TABLE], Y[TABLE];
  double z, ratio, second;
} Tables;

SGD_ALWAYS_INLINE int Low(const SgdPairSource *s, int a) {
  return (int)ceil(s->T[a] - s->reach[a]);
}

SGD_ALWAYS_INLINE int High(const SgdPairSource *s, int a) {
  return (int)floor(s->T[a] + s->reach[a]);
}

/* The box of the sources s[0 .. count): whole vectors along axis 0, from a multiple of four on. */
SGD_ALWAYS_INLINE double MakeBox(const int dim, int count, const SgdPairSource s[], Box *b) {
  double points = 1;

  for (int a = 0; a < 3; a++) b->first[a] = 0, b->count[a] = 1;
  for (int a = 0; a < dim; a++) {
    int low = Low(s, a), high = High(s, a);
    if (count > 1) {
      const int other_low = Low(s + 1, a), other_high = High(s + 1, a);
      low = low < other_low ? low : other_low;
      high = high > other_high ? high : other_high;
    }
    if (a == 0) low &= ~3;
    b->first[a] = low;
    b->count[a] = high - low + 1;
    points *= b->count[a];
  }
  b->vectors = (b->count[0] + SGD_LANES - 1) / SGD_LANES;
  b->row_vectors = (b->count[1] + SGD_LANES - 1) / SGD_LANES;
  return points;
}

/* t_v = exp(x (linear - half x)) at x = x0 + lane + LANES v, by its first and second ratios */
SGD_ALWAYS_INLINE void GaussianTable(int vectors, SgdVector x, double linear, double half, double amplitude,
                                     SgdVector *t) {
  const double L = SGD_LANES, second = SgdExp(-2 * half * L * L);
  SgdVector value = amplitude * SgdVectorExp(x * (linear - half * x)),
            ratio = SgdVectorExp(L * linear - half * (2 * L * x + L * L));

  for (int v = 0; v < vectors; v++) {
    t[v] = value;
    value *= ratio;
    ratio *= second;
  }
}

/* t_v = exp(slope x) */
SGD_ALWAYS_INLINE void ExponentialTable(int vectors, SgdVector x, double slope, SgdVector *t) {
  const double ratio = SgdExp(SGD_LANES * slope);
  SgdVector value = SgdVectorExp(slope * x);

  for (int v = 0; v < vectors; v++) {
    t[v] = value;
    value *= ratio;
  }
}

SGD_ALWAYS_INLINE void MakeTables(const int dim, const SgdPairSource *s, const Box *b, double mass, Tables *t) {
  const double y0 = b->first[1] - s->T[1], z0 = b->first[2] - s->T[2];
  const double row = dim > 1 ? -s->M[1] : 0, plane = dim > 2 ? -s->M[2] : 0, tilt = dim > 2 ? -s->M[4] : 0;
  const SgdVector x = SgdVectorIota() + (b->first[0] - s->T[0]), y = SgdVectorIota() + y0;

  GaussianTable(b->vectors, x, (dim > 1 ? row * y0 : 0) + (dim > 2 ? plane * z0 : 0), 0.5 * s->M[0],
                dim == 1 ? mass : 1, t->W);
  if (dim > 1) {
    ExponentialTable(b->vectors, x, row, t->P);
    GaussianTable(b->row_vectors, y, dim > 2 ? tilt * z0 : 0, 0.5 * s->M[3], dim == 2 ? mass : 1, t->A);
  }
  if (dim > 2) {
    const double half = 0.5 * s->M[5];
    ExponentialTable(b->vectors, x, plane, t->X);
    ExponentialTable(b->row_vectors, y, tilt, t->Y);
    t->z = mass * SgdExp(-half * z0 * z0);
    t->ratio = SgdExp(-half * (2 * z0 + 1));
    t->second = SgdExp(-2 * half);
  }
}

/* The next plane. */
SGD_ALWAYS_INLINE void Advance(const Box *b, Tables *t) {
  for (int v = 0; v < b->vectors; v++) t->W[v] *= t->X[v];
  for (int v = 0; v < b->row_vectors; v++) t->A[v] *= t->Y[v];
  t->z *= t->ratio;
  t->ratio *= t->second;
}

/* N vectors of every row of a plane: t[j] += a_j w P^j + b_j u Q^j */
SGD_ALWAYS_INLINE void AddRows(const int two, const int N, double *t, ptrdiff_t stride, int rows, const Tables *s,
                               const Tables *r, int v0, const double *a, const double *b) {
  SgdVector w[MOST], u[MOST];

#pragma GCC unroll 8
  for (int v = 0; v < N; v++) w[v] = s->W[v0 + v];
#pragma GCC unroll 8
  for (int v = 0; v < N; v++)
    if (two) u[v] = r->W[v0 + v];
  for (int j = 0; j < rows; j++, t += stride) {
#pragma GCC unroll 8
    for (int v = 0; v < N; v++) {
      SgdVector sum = CONST_LOOSE(t + SGD_LANES * v) + a[j] * w[v];
      if (two) sum += b[j] * u[v];
      LOOSE(t + SGD_LANES * v) = sum;
      w[v] *= s->P[v0 + v];
      if (two) u[v] *= r->P[v0 + v];
    }
  }
}

SGD_ALWAYS_INLINE void DotRows(const int two, const int N, const double *t, ptrdiff_t stride, int rows, const Tables *s,
                               const Tables *r, int v0, const double *a, const double *b, SgdVector sum[2]) {
  SgdVector w[MOST], u[MOST], total[2] = {{0}, {0}};

#pragma GCC unroll 8
  for (int v = 0; v < N; v++) w[v] = s->W[v0 + v];
#pragma GCC unroll 8
  for (int v = 0; v < N; v++)
    if (two) u[v] = r->W[v0 + v];
  for (int j = 0; j < rows; j++, t += stride) {
    SgdVector p = {0}, q = {0};
#pragma GCC unroll 8
    for (int v = 0; v < N; v++) {
      const SgdVector value = CONST_LOOSE(t + SGD_LANES * v);
      p += w[v] * value;
      w[v] *= s->P[v0 + v];
      if (two) q += u[v] * value;
      if (two) u[v] *= r->P[v0 + v];
    }
    total[0] += a[j] * p;
    if (two) total[1] += b[j] * q;
  }
  sum[0] += total[0];
  if (two) sum[1] += total[1];
}

/* A compiled copy for every number of vectors, one or two sources. */
#define COPIES(N)                                                                                                      \
  static void AddOne##N(double *t, ptrdiff_t l, int rows, const Tables *s, const Tables *r, int v, const double *a,    \
                        const double *b) {                                                                             \
    AddRows(0, N, t, l, rows, s, r, v, a, b);                                                                          \
  }                                                                                                                    \
  static void AddTwo##N(double *t, ptrdiff_t l, int rows, const Tables *s, const Tables *r, int v, const double *a,    \
                        const double *b) {                                                                             \
    AddRows(1, N, t, l, rows, s, r, v, a, b);                                                                          \
  }                                                                                                                    \
  static void DotOne##N(const double *t, ptrdiff_t l, int rows, const Tables *s, const Tables *r, int v,               \
                        const double *a, const double *b, SgdVector sum[2]) {                                          \
    DotRows(0, N, t, l, rows, s, r, v, a, b, sum);                                                                     \
  }                                                                                                                    \
  static void DotTwo##N(const double *t, ptrdiff_t l, int rows, const Tables *s, const Tables *r, int v,               \
                        const double *a, const double *b, SgdVector sum[2]) {                                          \
    DotRows(1, N, t, l, rows, s, r, v, a, b, sum);                                                                     \
  }
/* clang-format off */
COPIES(1)
COPIES(2)
COPIES(3)
COPIES(4) COPIES(5) COPIES(6)
#if SGD_LANES == 8
COPIES(7) COPIES(8)
/* clang-format on */
#define FOR_COPIES(F)                                                                                                  \
  { F##1, F##2, F##3, F##4, F##5, F##6, F##7, F##8 }
#else
#define FOR_COPIES(F)                                                                                                  \
  { F##1, F##2, F##3, F##4, F##5, F##6 }
#endif

        typedef void (*AddCopy)(double *, ptrdiff_t, int, const Tables *, const Tables *, int, const double *,
                                const double *);
typedef void (*DotCopy)(const double *, ptrdiff_t, int, const Tables *, const Tables *, int, const double *,
                        const double *, SgdVector[2]);
static const AddCopy add[2][MOST] = {FOR_COPIES(AddOne), FOR_COPIES(AddTwo)};
static const DotCopy dot[2][MOST] = {FOR_COPIES(DotOne), FOR_COPIES(DotTwo)};

/* Rows' amplitudes of the present plane. */
SGD_ALWAYS_INLINE const double *Amplitudes(const int dim, const Box *b, const Tables *t, double mass,
                                           SgdVector *scaled) {
  static const double one = 1;

  (void)mass;
  if (dim == 1) return &one;
  if (dim == 2) return (const double *)t->A;
  for (int v = 0; v < b->row_vectors; v++) scaled[v] = t->z * t->A[v];
  return (const double *)scaled;
}

/* Wider boxes in chunks of equal width. */
SGD_ALWAYS_INLINE int Chunk(const Box *b) {
  const int chunks = (b->vectors + MOST - 1) / MOST;
  return (b->vectors + chunks - 1) / chunks;
}

SGD_ALWAYS_INLINE void AddBox(const int dim, const int count, const Box *b, const SgdPairSource s[],
                              const double mass[], double *lattice, const ptrdiff_t stride[]) {
  Tables t[2];
  SgdVector scaled[2][TABLE];
  const int chunk = Chunk(b);
  double *plane =
      lattice + b->first[0] + (dim > 1 ? b->first[1] * stride[1] : 0) + (dim > 2 ? b->first[2] * stride[2] : 0);

  for (int i = 0; i < count; i++) MakeTables(dim, s + i, b, mass[i], t + i);
  for (int k = 0; k<b->count[2]; k++, plane += dim> 2 ? stride[2] : 0) {
    const double *a[2] = {0};
    for (int i = 0; i < count; i++) a[i] = Amplitudes(dim, b, t + i, mass[i], scaled[i]);
    for (int v = 0; v < b->vectors; v += chunk) {
      const int n = b->vectors - v < chunk ? b->vectors - v : chunk;
      add[count - 1][n - 1](plane + SGD_LANES * v, stride[1], b->count[1], t, t + 1, v, a[0], a[1]);
    }
    if (dim > 2)
      for (int i = 0; i < count; i++) Advance(b, t + i);
  }
}

SGD_ALWAYS_INLINE double Total(SgdVector v) {
  double sum = 0;

  for (int i = 0; i < SGD_LANES; i++) sum += v[i];
  return sum;
}

SGD_ALWAYS_INLINE void DotBox(const int dim, const int count, const Box *b, const SgdPairSource s[],
                              const double *lattice, const ptrdiff_t stride[], double value[]) {
  Tables t[2];
  SgdVector scaled[2][TABLE], sum[2] = {{0}, {0}};
  const int chunk = Chunk(b);
  const double *plane =
      lattice + b->first[0] + (dim > 1 ? b->first[1] * stride[1] : 0) + (dim > 2 ? b->first[2] * stride[2] : 0);

  for (int i = 0; i < count; i++) MakeTables(dim, s + i, b, 1, t + i);
  for (int k = 0; k<b->count[2]; k++, plane += dim> 2 ? stride[2] : 0) {
    const double *a[2] = {0};
    for (int i = 0; i < count; i++) a[i] = Amplitudes(dim, b, t + i, 1, scaled[i]);
    for (int v = 0; v < b->vectors; v += chunk) {
      const int n = b->vectors - v < chunk ? b->vectors - v : chunk;
      dot[count - 1][n - 1](plane + SGD_LANES * v, stride[1], b->count[1], t, t + 1, v, a[0], a[1], sum);
    }
    if (dim > 2)
      for (int i = 0; i < count; i++) Advance(b, t + i);
  }
  for (int i = 0; i < count; i++) value[i] = Total(sum[i]);
}

/* Do two sources do better in one box, where a load and a store serve both? */
SGD_ALWAYS_INLINE int Share(const int dim, const SgdPairSource s[], const Box *both) {
  Box one, other;
  const double apart = MakeBox(dim, 1, s, &one) + MakeBox(dim, 1, s + 1, &other);
  double together = 1;

  for (int a = 0; a < dim; a++) together *= both->count[a];
  return together <= 0.8 * apart && both->count[0] <= SGD_PAIR_WIDEST && both->count[1] <= SGD_PAIR_WIDEST;
}

SGD_ALWAYS_INLINE void Add(const int dim, int count, const SgdPairSource s[], const double mass[], double *lattice,
                           const ptrdiff_t stride[]) {
  Box b;

  MakeBox(dim, count, s, &b);
  if (count == 2 && Share(dim, s, &b)) {
    AddBox(dim, 2, &b, s, mass, lattice, stride);
    return;
  }
  for (int i = 0; i < count; i++) {
    MakeBox(dim, 1, s + i, &b);
    AddBox(dim, 1, &b, s + i, mass + i, lattice, stride);
  }
}

SGD_ALWAYS_INLINE void Dot(const int dim, int count, const SgdPairSource s[], const double *lattice,
                           const ptrdiff_t stride[], double value[]) {
  Box b;

  MakeBox(dim, count, s, &b);
  if (count == 2 && Share(dim, s, &b)) {
    DotBox(dim, 2, &b, s, lattice, stride, value);
    return;
  }
  for (int i = 0; i < count; i++) {
    MakeBox(dim, 1, s + i, &b);
    DotBox(dim, 1, &b, s + i, lattice, stride, value + i);
  }
}

SGD_PER_SET(void, SgdPairAdd,
            (int dim, int count, const SgdPairSource s[], const double mass[], double *lattice,
             const ptrdiff_t stride[]),
            (dim, count, s, mass, lattice, stride))
void SGD_HERE(SgdPairAdd)(int dim, int count, const SgdPairSource s[], const double mass[], double *lattice,
                          const ptrdiff_t stride[]) {
  if (dim == 1)
    Add(1, count, s, mass, lattice, stride);
  else if (dim == 2)
    Add(2, count, s, mass, lattice, stride);
  else
    Add(3, count, s, mass, lattice, stride);
}

SGD_PER_SET(void, SgdPairDot,
            (int dim, int count, const SgdPairSource s[], const double *lattice, const ptrdiff_t stride[],
             double value[]),
            (dim, count, s, lattice, stride, value))
void SGD_HERE(SgdPairDot)(int dim, int count, const SgdPairSource s[], const double *lattice, const ptrdiff_t stride[],
                          double value[]) {
  if (dim == 1)
    Dot(1, count, s, lattice, stride, value);
  else if (dim == 2)
    Dot(2, count, s, lattice, stride, value);
  else
    Dot(3, count, s, lattice, stride, value);
}
