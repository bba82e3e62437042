#include "operators/nufft/spreading.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"
#include <math.h>
#include <string.h>

#define BLOCK 32
#define MOST  (SGD_ES_MAX_WIDTH / SGD_LANES) /* vectors of a kernel's row */

/* Kernel values of a block of sources, and where each one's first point is. */
typedef struct {
  SgdVector value[3][BLOCK][MOST];
  ptrdiff_t first[BLOCK];
} Block;

/* First point i = ceil(u - width/2); psi at i .. i + width - 1 by Horner in x = 2 (i - u + width/2) - 1. */
SGD_ALWAYS_INLINE void Evaluate(const SgdSpreading *s, const int dim, const int vectors, int source,
                                const double *const u[], Block *b, int slot) {
  ptrdiff_t first = 0;

  for (int a = 0; a < dim; a++) {
    const SgdEsKernel *k = &s->kernel[a];
    const double left = u[a][source] - 0.5 * k->width, i = ceil(left), x = 2 * (i - left) - 1;
    SgdVector v[MOST];
    for (int c = 0; c < vectors; c++) v[c] = *(const SgdLooseVector *)&k->coefficient[k->degree][SGD_LANES * c];
    for (int p = k->degree - 1; p >= 0; p--)
      for (int c = 0; c < vectors; c++) v[c] = v[c] * x + *(const SgdLooseVector *)&k->coefficient[p][SGD_LANES * c];
    for (int c = 0; c < vectors; c++) b->value[a][slot][c] = v[c];
    first += (ptrdiff_t)i * s->stride[a];
  }
  b->first[slot] = first;
}

SGD_ALWAYS_INLINE void Add(const SgdSpreading *s, const int dim, const int width, const int vectors, const Block *b,
                           int slot, double mass, double *grid) {
  const double *ky = (const double *)b->value[1][slot], *kz = (const double *)b->value[2][slot];
  double *start = grid + b->first[slot];
  SgdVector kx[MOST];

  for (int c = 0; c < vectors; c++) kx[c] = b->value[0][slot][c] * mass;
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

SGD_ALWAYS_INLINE double Sum(const SgdSpreading *s, const int dim, const int width, const int vectors, const Block *b,
                             int slot, const double *grid) {
  const double *ky = (const double *)b->value[1][slot], *kz = (const double *)b->value[2][slot];
  const double *start = grid + b->first[slot];
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
  for (int c = 0; c < vectors; c++) total[c] *= b->value[0][slot][c];
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
    for (int i = 0; i < size; i++) Evaluate(s, dim, vectors, Order(begin + i, count), u, &block, i);
    for (int i = 0; i < size; i++) Add(s, dim, width, vectors, &block, i, mass[Order(begin + i, count)], grid);
  }
}

SGD_ALWAYS_INLINE void Interpolate(const SgdSpreading *s, const int dim, const int width, int count,
                                   const double *const u[], const double *grid, double *value) {
  const int vectors = (width + SGD_LANES - 1) / SGD_LANES;
  Block block;

  for (int begin = 0; begin < count; begin += BLOCK) {
    const int size = count - begin < BLOCK ? count - begin : BLOCK;
    for (int i = 0; i < size; i++) Evaluate(s, dim, vectors, begin + i, u, &block, i);
    for (int i = 0; i < size; i++) value[begin + i] = Sum(s, dim, width, vectors, &block, i, grid);
  }
}

/* One compiled copy a dimension and width. */
#define FOR_WIDTHS(F) F(2) F(3) F(4) F(5) F(6) F(7) F(8) F(9) F(10) F(11) F(12) F(13) F(14) F(15) F(16)

SGD_PER_SET(void, SgdSpread,
            (const SgdSpreading *s, int count, const double *const u[], const double *mass, double *grid),
            (s, count, u, mass, grid))
void SGD_HERE(SgdSpread)(const SgdSpreading *s, int count, const double *const u[], const double *mass, double *grid) {
  switch (16 * s->kernel[0].width + s->dim) {
#define CASES(w)                                                                                                       \
  case 16 * w + 1:                                                                                                     \
    Spread(s, 1, w, count, u, mass, grid);                                                                             \
    break;                                                                                                             \
  case 16 * w + 2:                                                                                                     \
    Spread(s, 2, w, count, u, mass, grid);                                                                             \
    break;                                                                                                             \
  case 16 * w + 3:                                                                                                     \
    Spread(s, 3, w, count, u, mass, grid);                                                                             \
    break;
    FOR_WIDTHS(CASES)
#undef CASES
  }
}

SGD_PER_SET(void, SgdInterpolate,
            (const SgdSpreading *s, int count, const double *const u[], const double *grid, double *value),
            (s, count, u, grid, value))
void SGD_HERE(SgdInterpolate)(const SgdSpreading *s, int count, const double *const u[], const double *grid,
                              double *value) {
  switch (16 * s->kernel[0].width + s->dim) {
#define CASES(w)                                                                                                       \
  case 16 * w + 1:                                                                                                     \
    Interpolate(s, 1, w, count, u, grid, value);                                                                       \
    break;                                                                                                             \
  case 16 * w + 2:                                                                                                     \
    Interpolate(s, 2, w, count, u, grid, value);                                                                       \
    break;                                                                                                             \
  case 16 * w + 3:                                                                                                     \
    Interpolate(s, 3, w, count, u, grid, value);                                                                       \
    break;
    FOR_WIDTHS(CASES)
#undef CASES
  }
}
