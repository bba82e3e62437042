/* From masses on a fine periodic grid to masses on the box of the density grid, by way of Fourier space:

     out(x) = (1/M) sum_k exp(i k.x) D(k) sum_f exp(-i k.x_f) in(f),     D given on the modes |m_a| <= modes[a],

   M = product of coarse[a]; both grids span the same periodic box and have their point 0 in common. What lies in the
   padding is folded onto the box (reflecting axes) or added up by the face through which it left. D does not act on
   mode 0: the caller gives the total, so that mass is kept to rounding. Several terms, sum_r D_r(k) F[in_r](k), are
   added up in Fourier space.

   Planes (all axes but the last) are transformed by FFTW rank by rank on slabs of the last axis; then blocks of columns
   along the last axis change hands (all-to-all), are transformed, multiplied, transformed back and folded in one pass
   through the cache, and return. Only columns of modes that survive are touched. */
#pragma once
#include "meshes/grid.h"
#include <complex.h>

typedef struct _p_SgdSpectralFilter *SgdSpectralFilter;

typedef struct {
  SgdGrid grid;
  int fine[3], coarse[3]; /* points per axis of the fine and of the padded density grid; 1 beyond dim */
  int pad[3];             /* the box's first cell is coarse point pad[a] */
  int modes[3];           /* largest mode kept, below half of fine[a] and of coarse[a] */
  int ghost;              /* points of the fine planes kept on either side of each in-plane axis; multiple of 8 */
  int terms;
  PetscBool measure; /* let FFTW time its plans: a tenth faster a step, for seconds of set-up, and the last bits of a
                        run then hang on which plan won */
} SgdSpectralSize;

/* D_r(k) on neighbouring lines of modes: D [lines][count], line l at mode[0] + l of axis 0 (in one dimension there is one
   line), and on each mode, mode + 1, .. along the last axis; mode[a] signed. */
typedef PetscErrorCode (*SgdSpectralFunction)(void *ctx, int term, const int mode[3], int lines, int count,
                                              double _Complex D[]);

PETSC_INTERN PetscErrorCode SgdSpectralFilterCreate(const SgdSpectralSize *size, SgdSpectralFilter *filter);
PETSC_INTERN PetscErrorCode SgdSpectralFilterDestroy(SgdSpectralFilter *filter);
/* mix NULL: D has the terms of the filter. Else it has `sources` of them, and term t is sum_s mix[t][s] D_s. */
PETSC_INTERN PetscErrorCode SgdSpectralFilterFill(SgdSpectralFilter filter, int sources, const double *mix,
                                                  SgdSpectralFunction D, void *ctx);

/* The fine grid's slabs: rank r owns planes first[r] .. first[r+1] of the last axis; a plane has `stride[dim-1]`
   doubles, and point 0 of its other axes is `origin` doubles into it; *data at the first plane of this rank. Spread
   into it, or read from it; SgdSpectralFilterClear zeroes it. */
PETSC_INTERN void SgdSpectralFilterSlab(SgdSpectralFilter filter, const int **first, ptrdiff_t stride[3],
                                        PetscInt *origin, double **data);
PETSC_INTERN void SgdSpectralFilterClear(SgdSpectralFilter filter);
/* Transform the slab and add term r. The last term also goes back: mass [local cells] of the box, and lost [2 dim] what
   this rank saw leave through each face (not summed over ranks). `total`: the mass of all terms together. Collective.
 */
PETSC_INTERN PetscErrorCode SgdSpectralFilterApply(SgdSpectralFilter filter, int term, double total, double *mass,
                                                   double lost[]);
/* The transpose: from value [local cells] and face [2 dim] (the same on every rank) to the slab for term r, plus the
   mean that belongs to mode 0. Collective. */
PETSC_INTERN PetscErrorCode SgdSpectralFilterApplyTranspose(SgdSpectralFilter filter, int term, const double *value,
                                                            const double face[], double *mean);
/* Bytes held by this rank. */
PETSC_INTERN double SgdSpectralFilterBytes(SgdSpectralFilter filter);
