/* The parts of the levels (levels.h). */
#pragma once
#include "operators/nufft/row_exchange.h"
#include "operators/push_forward/band.h"
#include "operators/push_forward/levels.h"
#include "operators/push_forward/pair_kernel.h"

#define SGD_LEVELS_MOST 48

typedef struct {
  double scale;             /* t of the level: its common part is N(0, t diag(shape)) */
  double v[3], r[3];        /* variance that the bands spread, cells^2; spacing of the lattice, cells */
  int low[3], points[3];    /* lattice points r_a (low_a + k), k < points_a; points[0] a multiple of 16, others of 4 */
  int groups, *group;       /* which groups of cells are of this level */
  double *norm;             /* [2 groups]: 1/(sum of a source's weights) */
  SgdBand band[3], back[3]; /* lattice to cells, along each axis, and its transpose */
} SgdLevel;

struct _p_SgdLevels {
  SgdFields fields;
  SgdGrid grid;
  double eta, E, R; /* ln(1/tolerance); standard deviations at which every Gaussian is cut, along each axis */
  double shape[3];
  int levels, groups, in_row; /* groups of this rank, and in a row along axis 0 */
  SgdLevel level[SGD_LEVELS_MOST];
  PetscMPIInt rank, ranks;
  int cells_low[3], cells[3], rows[3]; /* images: cells [low, low + cells) of the whole space, in so many rows */
  PetscInt *target[3];                 /* [cells] of each axis: offset in the window, or -1 - face */
  int window[2];                       /* rows [low, high) of the slowest axis that this rank's sources reach */
  SgdRowExchange exchange;
  double *work, *lattice, *planes, *lines, *image; /* the latter in work, from where a line of the cache begins */
  double *rows_held;
  double bytes, flops; /* held; of a step, this rank */
};

typedef struct {
  double T[3], S[6]; /* mean in cells, centres at the integers; covariance in cells^2, pairs 11, 12, 13, 22, 23, 33 */
} SgdGaussianSource;

/* The cells of a group: 1 or 2, as local indices. */
PETSC_INTERN int SgdLevelsGroup(SgdLevels l, int group, PetscInt cell[2]);
/* The Gaussian that a local cell's mass goes to. */
PETSC_INTERN void SgdLevelsSource(SgdLevels l, PetscInt cell, SgdGaussianSource *s);
/* What the lattice of a level gets of it. */
PETSC_INTERN void SgdLevelSource(SgdLevels l, const SgdLevel *level, const SgdGaussianSource *s, SgdPairSource *p);
/* Shape, scales, and every group's level. *reason is set where this form does not serve. Collective. */
PETSC_INTERN PetscErrorCode SgdLevelsChoose(SgdLevels l, const char **reason);
/* Lattices, bands, work arrays and norms. Collective. */
PETSC_INTERN PetscErrorCode SgdLevelsLattices(SgdLevels l, const char **reason);
/* Where the images' cells belong, and the exchange of rows. Collective. */
PETSC_INTERN PetscErrorCode SgdLevelsWindow(SgdLevels l);
/* The image onto rows of the window (added) and into lost [2 dim]; and an image of values: rows, beyond faces ledger. */
PETSC_INTERN void SgdLevelsHarvest(SgdLevels l, double *rows, double lost[]);
PETSC_INTERN void SgdLevelsLook(SgdLevels l, const double *rows, const double ledger[]);
