/* Section `slice` of the case: which directions span the slice, and its grid. */
#pragma once
#include "meshes/grid.h"

/* Bytes a cell of any run: the fields, a state, and what the leanest model works in (postprocess/bench/memory.py). */
enum { SGD_CELL_BYTES = 100 };

typedef struct {
  char **axes; /* sharpest | flattest | most_negative | mode:K | coordinate:K, one per dimension; or a file */
  unsigned axes_count;
  char *file; /* HDF5 file with dataset /V [d][P], instead of axes */
  double *min, *max;
  unsigned min_count, max_count;
  int *cells;
  unsigned cells_count;
  char **boundary_name;
  unsigned boundary_count;
  int nodes;          /* coarse nodes per axis; 0: evaluate at every cell; -1: automatic */
  double *deviations; /* automatic extent: standard deviations each way, one number an axis; empty: 8 */
  unsigned deviations_count;
  double cells_per_noise; /* automatic resolution: cells in the standard deviation of a step's noise */
  double max_cells;       /* once read: of the case, or by memory */
  char *
      follow_name; /* none: frozen at the reference point; mean_path: co-moving (operators/linearised/path.h); mean: with the
                        mean of `mean_trajectories` trajectories */
  int mean_trajectories;
  char *complement; /* rest: what is off the slice moves with the mean only; ensemble: it is spread as the trajectories
                       are whose mean is followed */
  int refresh;      /* mean_path: the fields are those of the path's middle step for so many steps */
  /* What the names stand for, and what follows from the rest; no keys. */
  SgdBoundary boundary[3];
  PetscBool follows, mean, by_memory, spreads;
  double free; /* bytes that all nodes have, where cells are bounded by memory */
  /* Bytes a cell that the models take on a grid of `dim` axes and so many cells, and each by name; NULL: there are none
     yet, and it is what every run takes. Set by who has them. */
  double (*take)(const void *models, int dim, double cells, char *words, size_t size);
  const void *models;
  int dimension; /* of the grid: the axes, and one more for each thing that an optimizer remembers */
} SgdSliceOptions;

/* memory: what an optimizer remembers, as further axes of the grid beside the one of the slice. */
PETSC_EXTERN PetscErrorCode SgdSliceRead(SgdCase c, int memory, SgdSliceOptions **o);
static inline PetscBool SgdSliceFollows(const SgdSliceOptions *o) {
  return o->follows;
}
/* The grid's dimension. */
PETSC_EXTERN int SgdSliceDimension(const SgdSliceOptions *o);

/* What the moment closure says the slice must hold: the outermost mean +- deviations on each axis over the horizon, and
   the finest scale to resolve (the smaller of a step's noise and the initial spread). */
typedef struct {
  double low[3], high[3], scale[3];
} SgdSliceNeed;

/* The grid: the user's extent and cells where given, else what is needed. Refuses grids beyond max_cells. */
PETSC_EXTERN PetscErrorCode SgdSliceGrid(SgdCase c, const SgdSliceOptions *o, MPI_Comm comm, const SgdSliceNeed *need,
                                         SgdGrid *grid);
