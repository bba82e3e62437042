#include "meshes/grid.h"
#include <math.h>

/* Rows of the slowest axis are dealt out as evenly as they go; each rank needs at least one. */
static PetscErrorCode ShareRows(SgdGrid g, PetscInt rows, PetscInt *owned) {
  PetscMPIInt rank, size;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(g->comm, &rank));
  PetscCallMPI(MPI_Comm_size(g->comm, &size));
  if (rows < size)
    return SgdFail(g->comm, SGD_EXIT_CASE,
                   "slice: %" PetscInt_FMT
                   " cells along the last axis cannot be shared by %d ranks; use at most %" PetscInt_FMT
                   " ranks or more cells",
                   rows, size, rows);
  for (PetscMPIInt r = 0; r < size; r++) owned[r] = rows / size + (r < rows % size);
  g->first_row = 0;
  for (PetscMPIInt r = 0; r < rank; r++) g->first_row += owned[r];
  g->last_row = g->first_row + owned[rank];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Indices of cells are PetscInt, counts in messages and buffers a few times a rank's cells at most, in ints. */
static PetscErrorCode CheckCounts(const SgdGrid g, const PetscInt owned[]) {
  const double cells = (double)g->n[0] * (double)g->n[1] * (double)g->n[2];
  const double most = cells / (double)g->n[g->dim - 1] * (double)owned[0];

  PetscFunctionBegin;
  if (cells > (double)PETSC_MAX_INT - 6)
    return SgdFail(g->comm, SGD_EXIT_CASE,
                   "slice: %.4g cells are more than the %d-bit indices of this PETSc can number (%.3g): build with a "
                   "PETSc configured --with-64-bit-indices",
                   cells, (int)(8 * sizeof(PetscInt)), (double)PETSC_MAX_INT);
  if (most > SGD_RANK_CELLS)
    return SgdFail(
        g->comm, SGD_EXIT_CASE,
        "slice: %.4g cells on a rank are more than the counts of its messages can hold (%.3g): at least %.0f "
        "ranks",
        most, (double)SGD_RANK_CELLS, ceil(cells / SGD_RANK_CELLS));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static DMBoundaryType BoundaryType(SgdBoundary b) {
  return b == SGD_PERIODIC ? DM_BOUNDARY_PERIODIC : DM_BOUNDARY_NONE;
}

static PetscErrorCode CreateDM(SgdGrid g, PetscInt *owned) {
  PetscMPIInt size;
  const PetscInt *n = g->n;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(g->comm, &size));
  if (g->dim == 1)
    PetscCall(DMDACreate1d(g->comm, BoundaryType(g->boundary[0]), n[0], 1, 1, owned, &g->dm));
  else if (g->dim == 2)
    PetscCall(DMDACreate2d(g->comm, BoundaryType(g->boundary[0]), BoundaryType(g->boundary[1]), DMDA_STENCIL_BOX, n[0],
                           n[1], 1, size, 1, 1, NULL, owned, &g->dm));
  else
    PetscCall(DMDACreate3d(g->comm, BoundaryType(g->boundary[0]), BoundaryType(g->boundary[1]),
                           BoundaryType(g->boundary[2]), DMDA_STENCIL_BOX, n[0], n[1], n[2], 1, 1, size, 1, 1, NULL,
                           NULL, owned, &g->dm));
  PetscCall(DMSetUp(g->dm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGridCreate(MPI_Comm comm, int dim, const PetscInt n[], const double min[], const double max[],
                             const SgdBoundary boundary[], SgdGrid *grid) {
  SgdGrid g;
  PetscInt *owned;
  PetscMPIInt size;

  PetscFunctionBegin;
  PetscCall(PetscNew(&g));
  g->comm = comm;
  g->dim = dim;
  g->cells = 1;
  g->volume = 1.0;
  for (int a = 0; a < 3; a++) {
    g->n[a] = a < dim ? n[a] : 1;
    g->min[a] = a < dim ? min[a] : 0.0;
    g->max[a] = a < dim ? max[a] : 0.0;
    g->boundary[a] = a < dim ? boundary[a] : SGD_ABSORBING;
    if (a < dim) g->h[a] = (max[a] - min[a]) / (double)n[a];
    if (a < dim) g->volume *= g->h[a];
  }
  g->ledger = 2 * dim;
  PetscCallMPI(MPI_Comm_size(comm, &size));
  PetscCall(PetscMalloc1(size, &owned));
  PetscCall(ShareRows(g, g->n[dim - 1], owned));
  PetscCall(CheckCounts(g, owned));
  for (int a = 0; a < dim; a++) g->cells *= g->n[a];
  g->row = g->cells / g->n[dim - 1];
  g->first_cell = g->first_row * g->row;
  g->last_cell = g->last_row * g->row;
  PetscCall(CreateDM(g, owned));
  PetscCall(PetscFree(owned));
  *grid = g;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGridDestroy(SgdGrid *grid) {
  PetscFunctionBegin;
  if (!*grid) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(DMDestroy(&(*grid)->dm));
  PetscCall(PetscFree(*grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdGridCreateState(SgdGrid grid, Vec *y) {
  PetscMPIInt rank, size;
  PetscInt local = grid->last_cell - grid->first_cell;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  if (rank == size - 1) local += grid->ledger;
  PetscCall(VecCreateMPI(grid->comm, local, grid->cells + grid->ledger, y));
  PetscCall(VecZeroEntries(*y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdGridCentre(SgdGrid grid, PetscInt cell, double x[]) {
  for (int a = 0; a < grid->dim; a++) {
    x[a] = grid->min[a] + ((double)(cell % grid->n[a]) + 0.5) * grid->h[a];
    cell /= grid->n[a];
  }
}

PetscErrorCode SgdGridLedger(SgdGrid grid, Vec y, double lost[]) {
  PetscMPIInt rank, size;
  const PetscScalar *array;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  PetscCallMPI(MPI_Comm_size(grid->comm, &size));
  PetscCall(VecGetArrayRead(y, &array));
  if (rank == size - 1)
    for (int f = 0; f < grid->ledger; f++) lost[f] = array[grid->last_cell - grid->first_cell + f];
  PetscCall(VecRestoreArrayRead(y, &array));
  PetscCallMPI(MPI_Bcast(lost, (PetscMPIInt)grid->ledger, MPI_DOUBLE, size - 1, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
