#include "operators/noise/law_reach.h"
#include "meshes/sample_points.h"

#define POINTS 40 /* of the sequence */

/* Block of axis a that holds a position, counted in cells from the range's first. */
static int BlockOf(const SgdLawReach *r, int a, double position) {
  return (int)PetscMax(0, PetscMin(r->blocks[a] - 1, floor(position * r->blocks[a] / (double)r->range.count[a])));
}

/* `there` counts in the blocks low[a] .. high[a]. */
static void Count(SgdLawReach *r, const int low[3], const int high[3], const double there[3][2]) {
  for (int z = low[2]; z <= high[2]; z++)
    for (int y = low[1]; y <= high[1]; y++)
      for (int x = low[0]; x <= high[0]; x++)
        for (int s = 0; s < 6; s++) {
          double *most = &r->reach[(z * r->blocks[1] + y) * r->blocks[0] + x][s / 2][s % 2];
          *most = PetscMax(*most, there[s / 2][s % 2]);
        }
}

/* The law at x, in cells; a step moves against the gradient. */
static PetscErrorCode At(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support, double eta, double tail,
                         const double x[], double there[3][2]) {
  double side[2];

  PetscFunctionBegin;
  PetscCall(SgdSampleLawAt(SgdNoiseLawSampleLaw(law), x));
  for (int a = 0; a < grid->dim; a++) {
    SgdSampleLawSides(SgdNoiseLawSampleLaw(law), a, PetscMin(0.1, tail / SgdSupportWeight(support, grid->dim, x)),
                      side);
    for (int s = 0; s < 2; s++) there[a][s] = eta / grid->h[a] * side[s]; /* downwards: gradients above the mean */
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A corner counts in all of its blocks. */
static PetscErrorCode Corner(SgdLawReach *r, int corner, double x[], int low[3], int high[3]) {
  PetscFunctionBegin;
  for (int a = 0; a < r->grid->dim; corner /= r->blocks[a++] + 1) {
    const int c = corner % (r->blocks[a] + 1);
    x[a] =
        r->grid->min[a] + ((double)r->range.first[a] + (double)(c * r->range.count[a]) / r->blocks[a]) * r->grid->h[a];
    low[a] = PetscMax(0, c - 1);
    high[a] = PetscMin(r->blocks[a] - 1, c);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Inner(SgdLawReach *r, int i, double x[], int low[3], int high[3]) {
  PetscFunctionBegin;
  SgdSequencePoint(r->grid, &r->range, i, x);
  for (int a = 0; a < r->grid->dim; a++)
    low[a] = high[a] = BlockOf(r, a, (x[a] - r->grid->min[a]) / r->grid->h[a] - (double)r->range.first[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawReachFind(SgdNoiseLaw law, SgdGrid grid, const SgdSupport *support, double eta, double tail,
                               SgdLawReach *r) {
  PetscMPIInt rank, ranks;
  int corners = 1;

  PetscFunctionBegin;
  *r = (SgdLawReach){.grid = grid, .range = SgdSupportRange(support, grid), .blocks = {1, 1, 1}};
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &ranks));
  for (int a = 0; a < grid->dim; a++) {
    r->blocks[a] = grid->dim == 1 ? 64 : grid->dim == 2 ? 8 : 4;
    corners *= r->blocks[a] + 1;
  }
  for (int i = rank; i < corners + POINTS; i += ranks) {
    double x[3] = {0}, there[3][2] = {{0}};
    int low[3] = {0}, high[3] = {0};
    PetscCall(i < corners ? Corner(r, i, x, low, high) : Inner(r, i - corners, x, low, high));
    PetscCall(At(law, grid, support, eta, tail, x, there));
    Count(r, low, high, there);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, r->reach, (PetscMPIInt)(sizeof r->reach / sizeof(double)), MPI_DOUBLE,
                             MPI_MAX, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const double (*SgdLawReachAt(const SgdLawReach *r, const PetscInt index[]))[2] {
  int block = 0;

  for (int a = r->grid->dim - 1; a >= 0; a--)
    block = block * r->blocks[a] + BlockOf(r, a, (double)(index[a] - r->range.first[a]) + 0.5);
  return r->reach[block];
}
