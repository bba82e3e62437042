/* The points a cell's mass is pushed from. Where a step contracts, its centre will do. Where it stretches by more than
   1.2 (folding maps, eta lambda > 2.2) the images of neighbouring centres lie further apart than cells, and remeshed
   they would leave a comb. There the mass is first spread over finer points,
     x_i = a_j + i h/s,     i = -(order/2) s + 1 .. (order/2) s - 1,     weight W(i/s)/s,     s = ceil(3 stretch),
   W the cardinal function of Lagrange interpolation between cells: all cells together are the interpolated density, and
   a single cell keeps its moments below `order`. Stretch of axis b: the largest |J_ab| h_b/h_a of the mean step.
   Images of neighbours that lie |J_aa|/s cells apart, not one, beat with the grid: whoever remeshes pushes pieces of
   that width instead of points (SgdRemeshingAddPiece). Exact where J is diagonal. */
#pragma once
#include "meshes/fields.h"

#define SGD_FINEST_SOURCES 64 /* s at the most */
#define SGD_SOURCES_MOST   (8 * SGD_FINEST_SOURCES)

typedef struct {
  int dim, count[3];
  double width[3]; /* of the image of a source's share of the cell, in cells; 0 where a point will do */
  double offset[3][SGD_SOURCES_MOST], weight[3][SGD_SOURCES_MOST]; /* along each axis, in cells */
} SgdSources;

/* Those of a cell of this rank. Not collective. */
PETSC_INTERN void SgdSourcesOf(SgdFields fields, double eta, int order, PetscInt cell, SgdSources *s);
PETSC_INTERN int SgdSourcesCount(const SgdSources *s);
/* The i-th: place [dim] in cells, centres at the integers, mirrored or wrapped at such walls; returns its weight. */
PETSC_INTERN double SgdSourcesAt(const SgdSources *s, SgdGrid grid, const PetscInt index[], int i, double place[]);
/* Takes the mass of one source of the cell at `index`; width [dim]: of its image, in cells, 0 where a point will do. */
typedef PetscErrorCode (*SgdSourcePush)(void *ctx, const PetscInt index[], const double place[], const double width[],
                                        double mass);
/* All sources of a cell of this rank whose weight is not zero, one after the other. Not collective. */
PETSC_INTERN PetscErrorCode SgdSourcesPush(SgdFields fields, double eta, int order, PetscInt cell, SgdSourcePush push,
                                           void *ctx);
