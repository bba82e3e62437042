#include "operators/matrices/diagonals.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"

enum {
  CHUNK = SGD_DIAGONALS_CHUNK,
  L = SGD_LANES,
  PIECE = CHUNK / L < 8 ? CHUNK / L : 8 /* vectors of sums in registers */
};

/* A chunk all of whose entries are within the matrix. a [count][CHUNK], x: that of the chunk's first row. */
SGD_ALWAYS_INLINE void Inside(const SgdDiagonals *A, const double *a, const double *x, double *product) {
  for (int row = 0; row < CHUNK; row += PIECE * L) {
    SgdVector sum[PIECE] = {0};
    for (int k = 0; k < A->count; k++) {
      const double *from = x + A->offset[k] + row, *entry = a + k * CHUNK + row;
#pragma GCC unroll 8
      for (int v = 0; v < PIECE; v++)
        sum[v] += *(const SgdLooseVector *)(entry + v * L) * *(const SgdLooseVector *)(from + v * L);
    }
#pragma GCC unroll 8
    for (int v = 0; v < PIECE; v++) *(SgdLooseVector *)(product + row + v * L) = sum[v];
  }
}

/* A chunk at the matrix's ends: rows [first, end). */
static void AtEnds(const SgdDiagonals *A, const double *a, long first, long end, const double *x, double *product) {
  for (long i = first; i < end; i++) product[i - first] = 0;
  for (int k = 0; k < A->count; k++)
    for (long i = first; i < end; i++) {
      const long column = i + A->offset[k];
      if (column >= 0 && column < A->rows) product[i - first] += a[k * CHUNK + i - first] * x[column];
    }
}

/* product [CHUNK] = rows from `first` on of A x; the row behind the last of them */
SGD_ALWAYS_INLINE long Product(const SgdDiagonals *A, long first, const double *x, double *product) {
  const double *a = A->value + first * A->count;
  const long end = first + CHUNK < A->rows ? first + CHUNK : A->rows;

  if (first + A->offset[0] >= 0 && first + CHUNK + A->offset[A->count - 1] <= A->rows && end == first + CHUNK)
    Inside(A, a, x + first, product);
  else
    AtEnds(A, a, first, end, x, product);
  return end;
}

SGD_PER_SET(void, SgdDiagonalsMult, (const SgdDiagonals *A, const double *x, double *y), (A, x, y))
void SGD_HERE(SgdDiagonalsMult)(const SgdDiagonals *A, const double *x, double *y) {
  double product[CHUNK];

  for (long first = 0; first < A->rows; first += CHUNK) {
    const long end = Product(A, first, x, product);
    for (long i = first; i < end; i++) y[i] = product[i - first];
  }
}

SGD_PER_SET(void, SgdDiagonalsRecur, (const SgdDiagonals *A, const double *x, double *y, double c, double *sum),
            (A, x, y, c, sum))
void SGD_HERE(SgdDiagonalsRecur)(const SgdDiagonals *A, const double *restrict x, double *restrict y, double c,
                                 double *restrict sum) {
  double product[CHUNK];

  for (long first = 0; first < A->rows; first += CHUNK) {
    const long end = Product(A, first, x, product);
    for (long i = first; i < end; i++) {
      y[i] = product[i - first] - y[i];
      sum[i] += c * x[i];
    }
  }
}
