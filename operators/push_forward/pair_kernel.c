#include "operators/push_forward/pair_kernel.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include "cases/base/vector_exp.h"
#include <math.h>

#define TABLE          (SGD_PAIR_WIDEST / SGD_LANES + 2)
#define MOST           (SGD_LANES == 8 ? 8 : 6) /* vectors of a box at a time, */
#define PASS           (SGD_LANES == 8 ? 8 : 4) /* and in one pass over a plane's rows */
#define LOOSE(p)       (*(SgdLooseVector *)(p))
#define CONST_LOOSE(p) (*(const SgdLooseVector *)(p))

typedef struct {
  int first[3], count[3], vectors, row_vectors;
} Box;

/* One source on one box: along axis 0 the first row of the first plane, its factors from row to row and from plane to
   plane; along axis 1 the rows' amplitudes and their factors from plane to plane; along axis 2 ratio and the ratio's
   ratio. */
typedef struct {
  SgdVector W[TABLE], P[TABLE], X[TABLE], A[TABLE], Y[TABLE];
  double ratio, second;
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

/* t_v = exp(x (linear - half x)) at x = x0 + lane + LANES v, by its first and second ratios; second = exp(-2 half LANES^2) */
SGD_ALWAYS_INLINE void GaussianTable(int vectors, SgdVector x, double linear, double half, double second,
                                     double amplitude, SgdVector *t) {
  const double L = SGD_LANES;
  SgdVector value = amplitude * SgdVectorExp(x * (linear - half * x)),
            ratio = SgdVectorExp(L * linear - half * (2 * L * x + L * L));

  for (int v = 0; v < vectors; v++) {
    t[v] = value;
    value *= ratio;
    ratio *= second;
  }
}

/* t_v = exp(slope x); ratio = exp(slope LANES) */
SGD_ALWAYS_INLINE void ExponentialTable(int vectors, SgdVector x, double slope, double ratio, SgdVector *t) {
  SgdVector value = SgdVectorExp(slope * x);

  for (int v = 0; v < vectors; v++) {
    t[v] = value;
    value *= ratio;
  }
}

/* The exponentials of a source that are no vectors, all at once. */
typedef struct {
  double W, P, A, z, X, Y, ratio, second;
} Factors;

SGD_ALWAYS_INLINE Factors MakeFactors(const int dim, const SgdPairSource *s, double z0) {
  const double L = SGD_LANES, hz = dim > 2 ? 0.5 * s->M[5] : 0;
  union {
    SgdVector vector[8 / SGD_LANES];
    Factors f;
  } e = {.f = {.W = -L * L * s->M[0]}};

  if (dim > 1) e.f.P = -L * s->M[1], e.f.A = -L * L * s->M[3];
  if (dim > 2)
    e.f.z = -hz * z0 * z0, e.f.X = -L * s->M[2], e.f.Y = -L * s->M[4], e.f.ratio = -hz * (2 * z0 + 1),
    e.f.second = -2 * hz;
  for (int v = 0; v < (dim > 2 ? 8 : dim > 1 ? 4 : 1); v += SGD_LANES)
    e.vector[v / SGD_LANES] = SgdVectorExp(e.vector[v / SGD_LANES]);
  return e.f;
}

SGD_ALWAYS_INLINE void MakeTables(const int dim, const SgdPairSource *s, const Box *b, double mass, Tables *t) {
  const double y0 = b->first[1] - s->T[1], z0 = b->first[2] - s->T[2];
  const double row = dim > 1 ? -s->M[1] : 0, plane = dim > 2 ? -s->M[2] : 0, tilt = dim > 2 ? -s->M[4] : 0;
  const SgdVector x = SgdVectorIota() + (b->first[0] - s->T[0]), y = SgdVectorIota() + y0;
  const Factors f = MakeFactors(dim, s, z0);

  GaussianTable(b->vectors, x, (dim > 1 ? row * y0 : 0) + (dim > 2 ? plane * z0 : 0), 0.5 * s->M[0], f.W,
                dim == 1 ? mass : 1, t->W);
  if (dim > 1) {
    ExponentialTable(b->vectors, x, row, f.P, t->P);
    GaussianTable(b->row_vectors, y, dim > 2 ? tilt * z0 : 0, 0.5 * s->M[3], f.A, dim > 2 ? mass * f.z : mass, t->A);
  }
  if (dim > 2) {
    ExponentialTable(b->vectors, x, plane, f.X, t->X);
    ExponentialTable(b->row_vectors, y, tilt, f.Y, t->Y);
    t->ratio = f.ratio;
    t->second = f.second;
  }
}

/* Rows' amplitudes of the first plane, in a place of their own where there are more planes. */
SGD_ALWAYS_INLINE double *Amplitudes(const int dim, const Box *b, Tables *t, SgdVector *own) {
  if (dim == 1) own[0] = (SgdVector){0} + 1;
  if (dim == 2) return (double *)t->A;
  for (int v = 0; v < b->row_vectors && dim > 2; v++) own[v] = t->A[v];
  return (double *)own;
}

/* First rows and amplitudes of the next plane. */
SGD_ALWAYS_INLINE void NextPlane(const int two, const int N, const Box *box, const Tables s[], int v0, double ratio[2],
                                 SgdVector first[2][MOST], SgdVector own[2][TABLE]) {
  for (int i = 0; i <= two; i++) {
#pragma GCC unroll 8
    for (int v = 0; v < N; v++) first[i][v] *= s[i].X[v0 + v] * ratio[i];
    for (int v = 0; v < box->row_vectors; v++) own[i][v] *= s[i].Y[v];
    ratio[i] *= s[i].second;
  }
}

/* Of a plane's N vectors n from f on: t[j] += a_j w P^j + b_j u .. So few at a time that both sources' w and P stay in
   the registers, or reading P would take as long as the products. */
SGD_ALWAYS_INLINE void AddPass(const int two, const int n, const int f, double *t, ptrdiff_t stride, int rows,
                               const double *a, const double *b, SgdVector first[2][MOST], const Tables s[], int v0) {
  SgdVector w[2][PASS], P[2][PASS];

  for (int i = 0; i <= two; i++)
#pragma GCC unroll 8
    for (int v = 0; v < n; v++) w[i][v] = first[i][f + v], P[i][v] = s[i].P[v0 + f + v];
  t += SGD_LANES * f;
  for (int j = 0; j < rows; j++, t += stride)
#pragma GCC unroll 8
    for (int v = 0; v < n; v++) {
      SgdVector sum = CONST_LOOSE(t + SGD_LANES * v) + a[j] * w[0][v];
      if (two) sum += b[j] * w[1][v];
      LOOSE(t + SGD_LANES * v) = sum;
      w[0][v] *= P[0][v];
      if (two) w[1][v] *= P[1][v];
    }
}

SGD_ALWAYS_INLINE void DotPass(const int two, const int n, const int f, const double *t, ptrdiff_t stride, int rows,
                               const double *a, const double *b, SgdVector first[2][MOST], const Tables s[], int v0,
                               SgdVector sum[2]) {
  SgdVector w[2][PASS], P[2][PASS], total[2] = {sum[0], sum[1]};

  for (int i = 0; i <= two; i++)
#pragma GCC unroll 8
    for (int v = 0; v < n; v++) w[i][v] = first[i][f + v], P[i][v] = s[i].P[v0 + f + v];
  t += SGD_LANES * f;
  for (int j = 0; j < rows; j++, t += stride) {
    SgdVector x = {0}, y = {0};
#pragma GCC unroll 8
    for (int v = 0; v < n; v++) {
      const SgdVector value = CONST_LOOSE(t + SGD_LANES * v);
      x += w[0][v] * value;
      w[0][v] *= P[0][v];
      if (two) y += w[1][v] * value;
      if (two) w[1][v] *= P[1][v];
    }
    total[0] += a[j] * x;
    if (two) total[1] += b[j] * y;
  }
  sum[0] = total[0];
  sum[1] = total[1];
}

/* The first plane's first rows. */
SGD_ALWAYS_INLINE void FirstRows(const int two, const int N, const Tables s[], int v0, SgdVector first[2][MOST]) {
  for (int i = 0; i <= two; i++)
#pragma GCC unroll 8
    for (int v = 0; v < N; v++) first[i][v] = s[i].W[v0 + v];
}

/* N vectors of every row of every plane: t[k][j] += a_jk w X^k P^j + b_jk u .., axis 2's Gaussian with w */
SGD_ALWAYS_INLINE void AddRows(const int dim, const int two, const int N, double *t, const ptrdiff_t stride[],
                               const Box *box, Tables s[], int v0) {
  const int n = N <= PASS ? N : (N + 1) / 2, rows = box->count[1];
  SgdVector first[2][MOST], own[2][TABLE];
  double *const a = Amplitudes(dim, box, s, own[0]), *const b = two ? Amplitudes(dim, box, s + 1, own[1]) : NULL;
  double ratio[2] = {s[0].ratio, s[two].ratio};

  FirstRows(two, N, s, v0, first);
  for (int k = 0;; t += stride[2]) {
    AddPass(two, n, 0, t, stride[1], rows, a, b, first, s, v0);
    if (N > n) AddPass(two, N - n, n, t, stride[1], rows, a, b, first, s, v0);
    if (dim < 3 || ++k == box->count[2]) return;
    NextPlane(two, N, box, s, v0, ratio, first, own);
  }
}

SGD_ALWAYS_INLINE void DotRows(const int dim, const int two, const int N, const double *t, const ptrdiff_t stride[],
                               const Box *box, Tables s[], int v0, SgdVector sum[2]) {
  const int n = N <= PASS ? N : (N + 1) / 2, rows = box->count[1];
  SgdVector first[2][MOST], own[2][TABLE];
  double *const a = Amplitudes(dim, box, s, own[0]), *const b = two ? Amplitudes(dim, box, s + 1, own[1]) : NULL;
  double ratio[2] = {s[0].ratio, s[two].ratio};

  FirstRows(two, N, s, v0, first);
  for (int k = 0;; t += stride[2]) {
    DotPass(two, n, 0, t, stride[1], rows, a, b, first, s, v0, sum);
    if (N > n) DotPass(two, N - n, n, t, stride[1], rows, a, b, first, s, v0, sum);
    if (dim < 3 || ++k == box->count[2]) return;
    NextPlane(two, N, box, s, v0, ratio, first, own);
  }
}

/* A compiled copy for every number of vectors, one or two sources, a plane or many. */
#define COPY(N, DIM)                                                                                                   \
  static void AddOne##N##In##DIM(double *t, const ptrdiff_t l[], const Box *b, Tables s[], int v) {                    \
    AddRows(DIM, 0, N, t, l, b, s, v);                                                                                 \
  }                                                                                                                    \
  static void AddTwo##N##In##DIM(double *t, const ptrdiff_t l[], const Box *b, Tables s[], int v) {                    \
    AddRows(DIM, 1, N, t, l, b, s, v);                                                                                 \
  }                                                                                                                    \
  static void DotOne##N##In##DIM(const double *t, const ptrdiff_t l[], const Box *b, Tables s[], int v,                \
                                 SgdVector sum[2]) {                                                                   \
    DotRows(DIM, 0, N, t, l, b, s, v, sum);                                                                            \
  }                                                                                                                    \
  static void DotTwo##N##In##DIM(const double *t, const ptrdiff_t l[], const Box *b, Tables s[], int v,                \
                                 SgdVector sum[2]) {                                                                   \
    DotRows(DIM, 1, N, t, l, b, s, v, sum);                                                                            \
  }
#define COPIES(N) COPY(N, 1) COPY(N, 2) COPY(N, 3)
/* clang-format off */
COPIES(1)
COPIES(2)
COPIES(3)
COPIES(4) COPIES(5) COPIES(6)
#if SGD_LANES == 8
COPIES(7) COPIES(8)
#define FOR_COPIES(F, D)                                                                                               \
  { F##1##D, F##2##D, F##3##D, F##4##D, F##5##D, F##6##D, F##7##D, F##8##D }
#else
#define FOR_COPIES(F, D)                                                                                               \
  { F##1##D, F##2##D, F##3##D, F##4##D, F##5##D, F##6##D }
#endif
    /* clang-format on */

    typedef void (*AddCopy)(double *, const ptrdiff_t[], const Box *, Tables[], int);
typedef void (*DotCopy)(const double *, const ptrdiff_t[], const Box *, Tables[], int, SgdVector[2]);
/* [dim - 1][count - 1][vectors - 1] */
static const AddCopy add[3][2][MOST] = {{FOR_COPIES(AddOne, In1), FOR_COPIES(AddTwo, In1)},
                                        {FOR_COPIES(AddOne, In2), FOR_COPIES(AddTwo, In2)},
                                        {FOR_COPIES(AddOne, In3), FOR_COPIES(AddTwo, In3)}};
static const DotCopy dot[3][2][MOST] = {{FOR_COPIES(DotOne, In1), FOR_COPIES(DotTwo, In1)},
                                        {FOR_COPIES(DotOne, In2), FOR_COPIES(DotTwo, In2)},
                                        {FOR_COPIES(DotOne, In3), FOR_COPIES(DotTwo, In3)}};

/* Wider boxes in chunks of equal width. */
SGD_ALWAYS_INLINE int Chunk(const Box *b) {
  const int chunks = (b->vectors + MOST - 1) / MOST;
  return (b->vectors + chunks - 1) / chunks;
}

/* The lattice's index of the box's first point. */
SGD_ALWAYS_INLINE ptrdiff_t Corner(const int dim, const Box *b, const ptrdiff_t stride[]) {
  return b->first[0] + (dim > 1 ? b->first[1] * stride[1] : 0) + (dim > 2 ? b->first[2] * stride[2] : 0);
}

SGD_ALWAYS_INLINE void AddBox(const int dim, const int count, const Box *b, const SgdPairSource s[],
                              const double mass[], double *lattice, const ptrdiff_t stride[]) {
  Tables t[2];
  const int chunk = Chunk(b);

  lattice += Corner(dim, b, stride);
  for (int i = 0; i < count; i++) MakeTables(dim, s + i, b, mass[i], t + i);
  for (int v = 0; v < b->vectors; v += chunk) {
    const int n = b->vectors - v < chunk ? b->vectors - v : chunk;
    add[dim - 1][count - 1][n - 1](lattice + SGD_LANES * v, stride, b, t, v);
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
  SgdVector sum[2] = {{0}, {0}};
  const int chunk = Chunk(b);

  lattice += Corner(dim, b, stride);
  for (int i = 0; i < count; i++) MakeTables(dim, s + i, b, 1, t + i);
  for (int v = 0; v < b->vectors; v += chunk) {
    const int n = b->vectors - v < chunk ? b->vectors - v : chunk;
    dot[dim - 1][count - 1][n - 1](lattice + SGD_LANES * v, stride, b, t, v, sum);
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
