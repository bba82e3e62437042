/* Convolution along one axis of the density grid with a symmetric kernel, by FFT of every line (FFTW), on any number of
   ranks: lines along the slowest axis, which ranks cut, are dealt out whole (VecScatter). The lines are closed into
   rings of `period` points, at least the axis's own cells; a kernel that does not reach beyond period - n cells sees no
   other end:
     out_i = sum_o kernel[o] in_{i - o mod period}. */
#pragma once
#include "meshes/grid.h"

typedef struct _p_SgdLineConvolution *SgdLineConvolution;

typedef enum {
  SGD_LINE_PLAIN,   /* cells beyond the axis are zero, and what lands there is dropped */
  SGD_LINE_MIRRORED /* period = 2 n, a reflecting axis: what lands at 2n - 1 - i is added to i */
} SgdLineEnd;

/* kernel [period], kernel[o] = kernel[period - o]. Collective. */
PETSC_INTERN PetscErrorCode SgdLineConvolutionCreate(SgdGrid grid, int axis, int period, const double kernel[],
                                                     SgdLineEnd end, SgdLineConvolution *convolution);
PETSC_INTERN PetscErrorCode SgdLineConvolutionDestroy(SgdLineConvolution *convolution);
/* out += the convolution of the cells of `in`; both state vectors, ledgers not touched. Or with the transpose: the same
   but for a mirrored axis, where the mirror image is what the kernel meets. Collective. */
PETSC_INTERN PetscErrorCode SgdLineConvolutionAdd(SgdLineConvolution convolution, Vec in, PetscBool transpose, Vec out);
