#include "operators/nufft/spreading.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include <math.h>
#include <string.h>

#define BLOCK 32
#define MOST  (SGD_ES_MAX_WIDTH / SGD_LANES) /* vectors of a kernel's row */

/* Kernel values of a block of sources, [source][axis][WIDE], and where each one's first point is. */
#define WIDE SGD_ES_MAX_WIDTH
typedef struct {
  SgdVector value[BLOCK][3][MOST];
  ptrdiff_t first[BLOCK];
} Block;

/* First point i = ceil(u - width/2); psi at i .. i + width - 1 by Horner in x = 2 (i - u + width/2) - 1: value [dim][stride];
   the first point's place is returned. */
SGD_ALWAYS_INLINE ptrdiff_t Evaluate(const SgdSpreading *s, const int dim, const int vectors, int source,
                                     const double *const u[], double *value, int stride) {
  ptrdiff_t first = 0;

  for (int a = 0; a < dim; a++) {
    const SgdEsKernel *k = &s->kernel[a];
    const double left = u[a][source] - 0.5 * k->width, i = ceil(left), x = 2 * (i - left) - 1;
    SgdVector v[MOST];
    for (int c = 0; c < vectors; c++) v[c] = *(const SgdLooseVector *)&k->coefficient[k->degree][SGD_LANES * c];
    for (int p = k->degree - 1; p >= 0; p--)
      for (int c = 0; c < vectors; c++) v[c] = v[c] * x + *(const SgdLooseVector *)&k->coefficient[p][SGD_LANES * c];
    for (int c = 0; c < vectors; c++) *(SgdLooseVector *)(value + a * stride + SGD_LANES * c) = v[c];
    first += (ptrdiff_t)i * s->stride[a];
  }
  return first;
}

/* One source, kernel values [dim][stride]. */
SGD_ALWAYS_INLINE void Add(const SgdSpreading *s, const int dim, const int width, const int vectors,
                           const double *value, int stride, double mass, double *start) {
  const double *ky = value + stride, *kz = value + 2 * stride;
  SgdVector kx[MOST];

  for (int c = 0; c < vectors; c++) kx[c] = *(const SgdLooseVector *)(value + SGD_LANES * c) * mass;
  for (int z = 0; z < (dim > 2 ? width : 1); z++) {
    double *row = start + (dim > 2 ? z * s->stride[2] : 0);
    const double outer = dim > 2 ? kz[z] : 1;
    for (int y = 0; y < (dim > 1 ? width : 1); y++) {
      const double k = dim > 1 ? outer * ky[y] : 1;
      for (int c = 0; c < vectors; c++) *(SgdLooseVector *)(row + SGD_LANES * c) += kx[c] * k;
      if (dim > 1) row += s->stride[1];
    }
  }
}

SGD_ALWAYS_INLINE double Sum(const SgdSpreading *s, const int dim, const int width, const int vectors,
                             const double *value, int stride, const double *start) {
  const double *ky = value + stride, *kz = value + 2 * stride;
  SgdVector total[MOST] = {0};
  double sum = 0;

  for (int z = 0; z < (dim > 2 ? width : 1); z++) {
    const double *row = start + (dim > 2 ? z * s->stride[2] : 0);
    const double outer = dim > 2 ? kz[z] : 1;
    for (int y = 0; y < (dim > 1 ? width : 1); y++) {
      const double k = dim > 1 ? outer * ky[y] : 1;
      for (int c = 0; c < vectors; c++) total[c] += *(const SgdLooseVector *)(row + SGD_LANES * c) * k;
      if (dim > 1) row += s->stride[1];
    }
  }
  for (int c = 0; c < vectors; c++) total[c] *= *(const SgdLooseVector *)(value + SGD_LANES * c);
  for (int c = 0; c < vectors; c++)
    for (int i = 0; i < SGD_LANES; i++) sum += total[c][i];
  return sum;
}

/* Neighbouring sources write to overlapping points, and a load that straddles a store still under way stalls: take the
   sources from STREAMS distant places in turn. */
#define STREAMS 8
static inline int Order(int i, int count) {
  const int length = count / STREAMS;
  return i < length * STREAMS ? (i % STREAMS) * length + i / STREAMS : i;
}

SGD_ALWAYS_INLINE void Spread(const SgdSpreading *s, const int dim, const int width, int count, const double *const u[],
                              const double *mass, double *grid) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES;
  Block block;

  for (int begin = 0; begin < count; begin += BLOCK) {
    const int size = count - begin < BLOCK ? count - begin : BLOCK;
    for (int i = 0; i < size; i++)
      block.first[i] = Evaluate(s, dim, vectors, Order(begin + i, count), u, (double *)block.value[i], WIDE);
    for (int i = 0; i < size; i++)
      Add(s, dim, width, vectors, (const double *)block.value[i], WIDE, mass[Order(begin + i, count)],
          grid + block.first[i]);
  }
}

SGD_ALWAYS_INLINE void Interpolate(const SgdSpreading *s, const int dim, const int width, int count,
                                   const double *const u[], const double *grid, double *value) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES;
  Block block;

  for (int begin = 0; begin < count; begin += BLOCK) {
    const int size = count - begin < BLOCK ? count - begin : BLOCK;
    for (int i = 0; i < size; i++)
      block.first[i] = Evaluate(s, dim, vectors, begin + i, u, (double *)block.value[i], WIDE);
    for (int i = 0; i < size; i++)
      value[begin + i] = Sum(s, dim, width, vectors, (const double *)block.value[i], WIDE, grid + block.first[i]);
  }
}

/* Kernel values a source and axis in a table: whole vectors of the widest set. */
SGD_ALWAYS_INLINE int TableRow(int width) {
  return (width + 7) / 8 * 8;
}

SGD_ALWAYS_INLINE void MakeTable(const SgdSpreading *s, const int dim, const int width, int count,
                                 const double *const u[], SgdSpreadingTable *t) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES, row = TableRow(width);

  for (int i = 0; i < count; i++)
    t->first[i] = Evaluate(s, dim, vectors, i, u, t->value + (ptrdiff_t)i * dim * row, row);
}

SGD_ALWAYS_INLINE void SpreadByTable(const SgdSpreading *s, const int dim, const int width, int count,
                                     const SgdSpreadingTable *t, const double *mass, double *grid) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES, row = TableRow(width);

  for (int i = 0; i < count; i++) {
    const int k = Order(i, count);
    Add(s, dim, width, vectors, t->value + (ptrdiff_t)k * dim * row, row, mass[k], grid + t->first[k]);
  }
}

SGD_ALWAYS_INLINE void InterpolateByTable(const SgdSpreading *s, const int dim, const int width, int count,
                                          const SgdSpreadingTable *t, const double *grid, double *value) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES, row = TableRow(width);

  for (int i = 0; i < count; i++)
    value[i] = Sum(s, dim, width, vectors, t->value + (ptrdiff_t)i * dim * row, row, grid + t->first[i]);
}

/* One compiled copy a dimension and width. */
#define FOR_WIDTHS(F) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16)

#define CASES(w)                                                                                                       \
  case 16 * w + 1:                                                                                                     \
    CALL(1, w);                                                                                                        \
    break;                                                                                                             \
  case 16 * w + 2:                                                                                                     \
    CALL(2, w);                                                                                                        \
    break;                                                                                                             \
  case 16 * w + 3:                                                                                                     \
    CALL(3, w);                                                                                                        \
    break;
#define CHOOSE                                                                                                         \
  switch (16 * s->kernel[0].width + s->dim) { FOR_WIDTHS(CASES) }

SGD_PER_SET(void, SgdSpread,
            (const SgdSpreading *s, int count, const double *const u[], const double *mass, double *grid),
            (s, count, u, mass, grid))
void SGD_HERE(SgdSpread)(const SgdSpreading *s, int count, const double *const u[], const double *mass, double *grid){
#define CALL(d, w) Spread(s, d, w, count, u, mass, grid)
    CHOOSE
#undef CALL
}

SGD_PER_SET(void, SgdInterpolate,
            (const SgdSpreading *s, int count, const double *const u[], const double *grid, double *value),
            (s, count, u, grid, value)) void SGD_HERE(SgdInterpolate)(const SgdSpreading *s, int count,
                                                                      const double *const u[], const double *grid,
                                                                      double *value){
#define CALL(d, w) Interpolate(s, d, w, count, u, grid, value)
    CHOOSE
#undef CALL
}

SGD_PER_SET(void, SgdSpreadingTabulate,
            (const SgdSpreading *s, int count, const double *const u[], SgdSpreadingTable *t),
            (s, count, u, t)) void SGD_HERE(SgdSpreadingTabulate)(const SgdSpreading *s, int count,
                                                                  const double *const u[], SgdSpreadingTable *t){
#define CALL(d, w) MakeTable(s, d, w, count, u, t)
    CHOOSE
#undef CALL
}

SGD_PER_SET(void, SgdSpreadByTable,
            (const SgdSpreading *s, int count, const SgdSpreadingTable *t, const double *mass, double *grid),
            (s, count, t, mass, grid)) void SGD_HERE(SgdSpreadByTable)(const SgdSpreading *s, int count,
                                                                       const SgdSpreadingTable *t, const double *mass,
                                                                       double *grid){
#define CALL(d, w) SpreadByTable(s, d, w, count, t, mass, grid)
    CHOOSE
#undef CALL
}

SGD_PER_SET(void, SgdInterpolateByTable,
            (const SgdSpreading *s, int count, const SgdSpreadingTable *t, const double *grid, double *value),
            (s, count, t, grid, value)) void SGD_HERE(SgdInterpolateByTable)(const SgdSpreading *s, int count,
                                                                             const SgdSpreadingTable *t,
                                                                             const double *grid, double *value) {
#define CALL(d, w) InterpolateByTable(s, d, w, count, t, grid, value)
  CHOOSE
#undef CALL
}
