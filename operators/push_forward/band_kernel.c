/* The inner loops of the bands: eight vectors of sums in registers, whatever their width. */
#include "operators/push_forward/band.h"
#include "cases/base/instruction_set.h"
#include "cases/base/vector.h"

enum {
  PIECE = 2 * SGD_LANES,                    /* columns at a time, across */
  VECTORS = SGD_BAND_ALONG / SGD_LANES,     /* of a block, along */
  ROWS = SGD_LANES == 8 ? 4 : SGD_LANES / 2 /* rows at a time, along */
};

SGD_ALWAYS_INLINE SgdVector Load(const double *p) {
  return *(const SgdLooseVector *)p;
}

SGD_PER_SET(void, SgdBandAcross,
            (const SgdBand *b, int columns, const double *in, ptrdiff_t in_stride, double *out, ptrdiff_t out_stride),
            (b, columns, in, in_stride, out, out_stride))
void SGD_HERE(SgdBandAcross)(const SgdBand *b, int columns, const double *in, ptrdiff_t in_stride, double *out,
                             ptrdiff_t out_stride) {
  for (int c = 0; c < columns; c += PIECE)
    for (int k = 0; k < b->blocks; k++) {
      const double *w = b->weight + b->at[k], *x = in + b->first[k] * in_stride + c;
      double *to = out + (ptrdiff_t)k * SGD_BAND_ACROSS * out_stride + c;
      SgdVector sum[SGD_BAND_ACROSS][2] = {0};
      for (int X = b->first[k]; X < b->last[k]; X++, w += SGD_BAND_ACROSS, x += in_stride) {
        const SgdVector left = Load(x), right = Load(x + SGD_LANES);
        for (int i = 0; i < SGD_BAND_ACROSS; i++) {
          sum[i][0] += w[i] * left;
          sum[i][1] += w[i] * right;
        }
      }
      for (int i = 0; i < SGD_BAND_ACROSS; i++)
        for (int v = 0; v < 2; v++) *(SgdLooseVector *)(to + i * out_stride + v * SGD_LANES) = sum[i][v];
    }
}

/* One block of `rows` (a constant) rows. */
SGD_ALWAYS_INLINE void Along(const int rows, const double *w, int count, const double *in, ptrdiff_t in_stride,
                             double *out, ptrdiff_t out_stride) {
  SgdVector sum[ROWS][VECTORS] = {0};

  for (int X = 0; X < count; X++, w += SGD_BAND_ALONG)
    for (int r = 0; r < rows; r++)
      for (int v = 0; v < VECTORS; v++) sum[r][v] += in[r * in_stride + X] * Load(w + v * SGD_LANES);
  for (int r = 0; r < rows; r++)
    for (int v = 0; v < VECTORS; v++) {
      SgdLooseVector *to = (SgdLooseVector *)(out + r * out_stride + v * SGD_LANES);
      *to += sum[r][v];
    }
}

SGD_PER_SET(void, SgdBandAlong,
            (const SgdBand *b, int rows, const double *in, ptrdiff_t in_stride, double *out, ptrdiff_t out_stride),
            (b, rows, in, in_stride, out, out_stride))
void SGD_HERE(SgdBandAlong)(const SgdBand *b, int rows, const double *in, ptrdiff_t in_stride, double *out,
                            ptrdiff_t out_stride) {
  for (int r = 0; r < rows;) {
    const int together = r + ROWS <= rows ? ROWS : 1;
    for (int k = 0; k < b->blocks; k++) {
      const double *w = b->weight + b->at[k], *from = in + r * in_stride + b->first[k];
      double *to = out + r * out_stride + (ptrdiff_t)k * SGD_BAND_ALONG;
      if (together == ROWS)
        Along(ROWS, w, b->last[k] - b->first[k], from, in_stride, to, out_stride);
      else
        Along(1, w, b->last[k] - b->first[k], from, in_stride, to, out_stride);
    }
    r += together;
  }
}
