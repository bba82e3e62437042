/* How far the noise of a step goes by the place it starts from, for laws of samples, whose noise is neither the same
   everywhere nor on both sides: along each axis upwards and downwards, beyond which less than `tail` of the mass goes. The
   range where mass is expected (support.h) is cut into blocks; a block has the largest reach found at its corners and at the
   points of a sequence within it, the tail divided by the weight of the point. Beyond the range the nearest block's counts. */
#pragma once
#include "meshes/support.h"
#include "operators/noise/noise_law.h"

#define SGD_REACH_BLOCKS 64 /* 64, 8^2 or 4^3 */

typedef struct {
  SgdGrid grid;
  SgdCellRange range;
  int blocks[3];                        /* by axis, 1 beyond dim */
  double reach[SGD_REACH_BLOCKS][3][2]; /* in cells of the grid; [1]: upwards */
} SgdLawReach;

/* eta: the step's learning rate. Collective. */
PETSC_INTERN PetscErrorCode SgdLawReachFind(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support, double eta,
                                            double tail, SgdLawReach *reach);
/* [axis][0 downwards, 1 upwards] at the cell of these indices. Borrowed. */
PETSC_INTERN const double (*SgdLawReachAt(const SgdLawReach *reach, const PetscInt index[]))[2];
