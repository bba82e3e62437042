/* The parts of a spectral filter that its set-up (spectral_filter.c) and its application (spectral_apply.c) share. */
#pragma once
#include "operators/nufft/spectral_filter.h"
#include <fftw3.h>

#define TILE 8 /* columns transformed together: a row of a tile is two cache lines */

/* One of the two grids, as planes of its in-plane axes. The last axis is `rows`. */
typedef struct {
  int n[3];                   /* points per axis, axis 0 fastest */
  int first, last;            /* planes of this rank */
  PetscInt row, plane;        /* doubles from row to row of a plane, and from plane to plane; even but in 1D, where
                                 planes are single numbers */
  PetscInt origin;            /* of point 0 in a plane */
  double *data;               /* [last - first][plane] */
  fftw_plan forward, inverse; /* one plane, to and from `modes`: FFTW is up to twice as slow in place; NULL in one
                                 dimension */
  fftw_complex *modes;        /* [n[1]][n[0]/2 + 1] of one plane, or of one row in two dimensions */
  fftw_plan column, back;     /* a tile of columns */
} Planes;

/* Up to TILE neighbouring columns along the last axis, as offsets in complex numbers. */
typedef struct {
  PetscInt fine, coarse, packed;
  int count, mode[2]; /* mode of the first column on axes 0 and 1 (in dimension 2: axis 0 only) */
} Tile;

struct _p_SgdSpectralFilter {
  SgdSpectralSize size;
  PetscMPIInt rank, ranks;
  int dim, last_axis, band; /* band = 2 modes[last_axis] + 1 */
  int out_rows;             /* of the last axis after folding: n, + 2 if absorbing (lower, upper padding) */
  unsigned effort;          /* of FFTW's planner */
  PetscBool in_place;       /* both grids the same: one array */
  Planes fine, coarse;
  int tiles, *tile_start; /* tile_start[r]: first tile of rank r */
  Tile *tile;
  fftw_complex *D, *sum;                     /* [terms][own tiles][band][TILE], [own tiles][band][TILE] */
  fftw_complex *fine_column, *coarse_column; /* [n][TILE] */
  fftw_complex *send, *receive;              /* several ranks */
  int *fine_first, *out_first;               /* [ranks + 1]: rows of each rank */
  int *columns;                              /* [ranks] complex numbers a row in the tiles of each rank */
  PetscMPIInt *row_count, *row_start, *column_count, *column_start;
  double bytes;
};

/* Band index j = 0 .. 2K stands for mode 0 .. K, -K .. -1. */
static inline int SgdBandMode(SgdSpectralFilter f, int j) {
  return j <= f->band / 2 ? j : j - f->band;
}

/* D of term r on tile t: [band][TILE]. */
static inline fftw_complex *SgdTileD(SgdSpectralFilter f, int term, int t) {
  const PetscInt own = f->tile_start[f->rank + 1] - f->tile_start[f->rank];
  return f->D + ((term * own + t - f->tile_start[f->rank]) * f->band) * TILE;
}
