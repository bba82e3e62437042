#include "solver/output/grid_hdf5.h"

#define AXIS_NAME(axis) (&"x\0y\0z"[2 * (axis)])

#define CHUNK_BYTES (16 << 20) /* a larger field is cut into chunks of whole rows */

hsize_t SgdH5ChunkRows(SgdGrid g) {
  const hsize_t rows = CHUNK_BYTES / (sizeof(double) * (hsize_t)g->row);

  return PetscMin((hsize_t)g->n[g->dim - 1], PetscMax((hsize_t)1, rows));
}

int SgdH5FieldShape(SgdGrid g, int lead, hsize_t *shape, hsize_t *start, hsize_t *count) {
  for (int a = 0; a < lead; a++) shape[a] = count[a] = 1, start[a] = 0;
  for (int a = 0; a < g->dim; a++) {
    shape[lead + a] = count[lead + a] = (hsize_t)g->n[g->dim - 1 - a];
    start[lead + a] = 0;
  }
  start[lead] = (hsize_t)g->first_row;
  count[lead] = (hsize_t)(g->last_row - g->first_row);
  return lead + g->dim;
}

void SgdH5FieldChunk(SgdGrid g, int lead, const hsize_t *shape, hsize_t *chunk) {
  for (int a = 0; a < lead; a++) chunk[a] = 1;
  for (int a = 0; a < g->dim; a++) chunk[lead + a] = shape[lead + a];
  chunk[lead] = SgdH5ChunkRows(g);
}

void SgdH5Field(SgdH5 *f, SgdGrid g, hid_t where, const char *name, const double *value) {
  hsize_t shape[4], start[4], count[4], chunk[4];
  int rank = SgdH5FieldShape(g, 0, shape, start, count);
  hid_t space = SgdH5Must(f, H5Screate_simple(rank, shape, NULL)), create, data;

  create = SgdH5Must(f, H5Pcreate(H5P_DATASET_CREATE));
  SgdH5FieldChunk(g, 0, shape, chunk);
  SgdH5Checked(f, create, rank, chunk);
  data = SgdH5Must(f, H5Dcreate2(where, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, create, H5P_DEFAULT));
  SgdH5Must(f, H5Pclose(create));
  SgdH5WriteRows(f, data, rank, start, count, value);
  SgdH5Must(f, H5Dclose(data));
  SgdH5Must(f, H5Sclose(space));
}

/* Centres and edges of the cells along one axis. */
static PetscErrorCode WriteAxis(SgdH5 *f, SgdGrid g, int a, hid_t group) {
  const hsize_t cells = (hsize_t)g->n[a], ends = cells + 1;
  char name[32];
  double *x;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(ends, &x));
  for (PetscInt i = 0; i < g->n[a]; i++) x[i] = g->min[a] + ((double)i + 0.5) * g->h[a];
  SgdH5Small(f, group, AXIS_NAME(a), 1, &cells, x);
  for (PetscInt i = 0; i <= g->n[a]; i++) x[i] = g->min[a] + (double)i * g->h[a];
  snprintf(name, sizeof name, "%s_edges", AXIS_NAME(a));
  SgdH5Small(f, group, name, 1, &ends, x);
  PetscCall(PetscFree(x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdH5Grid(SgdH5 *f, SgdGrid g) {
  hid_t group = SgdH5Group(f, "/grid");
  hsize_t d = (hsize_t)g->dim;
  long long n[3] = {g->n[0], g->n[1], g->n[2]};

  PetscFunctionBegin;
  SgdH5Attribute(f, group, "n", H5T_NATIVE_LLONG, 1, d, n);
  SgdH5Attribute(f, group, "min", H5T_NATIVE_DOUBLE, 1, d, g->min);
  SgdH5Attribute(f, group, "max", H5T_NATIVE_DOUBLE, 1, d, g->max);
  SgdH5Attribute(f, group, "h", H5T_NATIVE_DOUBLE, 1, d, g->h);
  for (int a = 0; a < g->dim; a++) PetscCall(WriteAxis(f, g, a, group));
  SgdH5Must(f, H5Gclose(group));
  PetscFunctionReturn(PETSC_SUCCESS);
}
