/* The density grid and fields over its cells in an HDF5 file: density.h5 and stationary.h5. Cells are in natural order,
   [(nz,) ny, nx], so a file does not depend on the number of ranks. Collective; failures wait for SgdH5Verdict. */
#pragma once
#include "meshes/grid.h"
#include "solver/output/parallel_hdf5.h"

/* The shape of a field, slowest axis first, after `lead` leading dimensions of one; this rank's part of it. The arrays
   have room for lead + 3; returned is how many dimensions there are. */
PETSC_INTERN int SgdH5FieldShape(SgdGrid g, int lead, hsize_t *shape, hsize_t *start, hsize_t *count);
/* Rows of the slowest axis in a chunk of a field, and the chunk's shape after `lead` leading dimensions of one. */
PETSC_INTERN hsize_t SgdH5ChunkRows(SgdGrid g);
PETSC_INTERN void SgdH5FieldChunk(SgdGrid g, int lead, const hsize_t *shape, hsize_t *chunk);
/* A dataset of a field, from this rank's cells, with checksums. */
PETSC_INTERN void SgdH5Field(SgdH5 *f, SgdGrid g, hid_t where, const char *name, const double *value);
/* The group /grid: centres {x,y,z} and edges {x,y,z}_edges of the cells; attributes n, min, max, h. */
PETSC_INTERN PetscErrorCode SgdH5Grid(SgdH5 *f, SgdGrid g);
