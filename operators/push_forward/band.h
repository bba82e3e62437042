/* A banded matrix between the nodes of a lattice and the cells along one axis, out_i = sum_X B_iX in_X, applied to all
   lines of an array: outputs in blocks, each over the range of inputs that its outputs need. Plain C. */
#pragma once
#include <stddef.h>

#define SGD_BAND_ACROSS 4  /* outputs of a block for lines that are not contiguous */
#define SGD_BAND_ALONG  16 /* and for contiguous ones; arrays' rows are padded to multiples of this */

typedef struct {
  int outputs, inputs, block, blocks;
  int *first, *last; /* [blocks]: inputs of a block, first <= X < last */
  size_t *at;        /* [blocks]: where its weights start */
  double *weight;    /* [last - first][block] a block */
} SgdBand;

typedef struct {
  int out, in;
  double value;
} SgdBandEntry;

/* From `count` entries (equal places add up), in blocks of SGD_BAND_ACROSS or _ALONG outputs. Nonzero: out of memory. */
int SgdBandCreate(SgdBand *b, int outputs, int inputs, int count, const SgdBandEntry entry[], int block);
void SgdBandFree(SgdBand *b);
double SgdBandBytes(const SgdBand *b);
/* Of one line, either way. */
double SgdBandFlops(const SgdBand *b);
/* out [blocks * SGD_BAND_ACROSS][out_stride] = B in [inputs][in_stride], `columns` of them, a multiple of 16. */
void SgdBandAcross(const SgdBand *b, int columns, const double *in, ptrdiff_t in_stride, double *out,
                   ptrdiff_t out_stride);
/* out [rows][out_stride] += in [rows][in_stride] B^T; rows of out hold blocks * SGD_BAND_ALONG numbers. */
void SgdBandAlong(const SgdBand *b, int rows, const double *in, ptrdiff_t in_stride, double *out, ptrdiff_t out_stride);
