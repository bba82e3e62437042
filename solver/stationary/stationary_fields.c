/* stationary.h5: the grid, and of each model that has a result
     /<model>/density (where there is one), /<model>/eigenfunction_K and, of complex ones, eigenfunction_K_imaginary, as densities;
     /<model>/membership_K of metastable set K, /<model>/<passage> in steps and /<model>/<passage>_lost. */
#include "solver/stationary/stationaryimpl.h"
#include "cases/base/disk_room.h"
#include "solver/output/grid_hdf5.h"
#include "solver/output/text_files.h"

typedef struct {
  SgdH5 h5;
  SgdGrid grid;
  hid_t group;   /* of one model */
  double *value; /* [owned cells] */
} Fields;

/* A vector over the cells, times `scale`. */
static PetscErrorCode Scaled(Fields *f, Vec cells, double scale, const char *name) {
  const PetscScalar *from;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(cells, &from));
  for (PetscInt i = 0; i < f->grid->last_cell - f->grid->first_cell; i++) f->value[i] = scale * from[i];
  PetscCall(VecRestoreArrayRead(cells, &from));
  SgdH5Field(&f->h5, f->grid, f->group, name, f->value);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Densities(Fields *f, const SgdStationaryState *s) {
  const double per_volume = 1 / f->grid->volume;
  char name[64];

  PetscFunctionBegin;
  if (s->degenerate) PetscCall(Scaled(f, s->e->v[s->leading], per_volume, "density"));
  for (int k = 0; k < s->e->count; k++) {
    PetscCall(PetscSNPrintf(name, sizeof name, "eigenfunction_%d", k + 1));
    PetscCall(Scaled(f, s->e->v[k], per_volume, name));
    PetscCall(PetscSNPrintf(name, sizeof name, "eigenfunction_%d_imaginary", k + 1));
    if (s->e->im[k] != 0) PetscCall(Scaled(f, s->e->w[k], per_volume, name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Backward(Fields *f, const SgdStationaryState *s) {
  char name[96];

  PetscFunctionBegin;
  for (int k = 0; k < s->basins.count; k++) {
    PetscCall(PetscSNPrintf(name, sizeof name, "membership_%d", k + 1));
    PetscCall(Scaled(f, s->basins.chi[k], 1, name));
  }
  for (int k = 0; k < s->passages; k++) {
    const SgdPassageMean *x = &s->passage[k];
    PetscCall(Scaled(f, x->field.time, 1, x->name));
    PetscCall(PetscSNPrintf(name, sizeof name, "%s_lost", x->name));
    if (x->field.lost) PetscCall(Scaled(f, x->field.lost, 1, name));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Model(Fields *f, const char *model, const SgdStationaryState *s) {
  char name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(name, sizeof name, "/%s", model));
  f->group = SgdH5Group(&f->h5, name);
  PetscCall(Densities(f, s));
  PetscCall(Backward(f, s));
  SgdH5Must(&f->h5, H5Gclose(f->group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Bytes that the file takes at most: its fields, and HDF5's own. */
static double FileBytes(const SgdModels *models, const SgdStationaryState *s) {
  int fields = 0;

  for (int m = 0; m < models->count; m++)
    if (s[m].e) fields += 1 + 2 * s[m].e->count + s[m].basins.count + 2 * s[m].passages;
  return fields * (8.0 * (double)models->grid->cells + 2048) + 65536;
}

PetscErrorCode SgdStationaryFieldsWrite(const SgdModels *models, const SgdStationaryState *s, const char *folder) {
  Fields f = {.grid = models->grid};
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  SgdJoinPath(folder, "stationary.h5", path);
  PetscCall(SgdDiskRoom(f.grid->comm, path, FileBytes(models, s)));
  PetscCall(PetscMalloc1(f.grid->last_cell - f.grid->first_cell, &f.value));
  PetscCall(SgdH5Create(f.grid->comm, path, &f.h5));
  PetscCall(SgdH5Grid(&f.h5, f.grid));
  for (int m = 0; m < models->count; m++)
    if (s[m].e) PetscCall(Model(&f, SgdModelName(models->model[m]), &s[m]));
  PetscCall(SgdH5Verdict(&f.h5, "write (HDF5 failed: is the disk full?)"));
  PetscCall(SgdH5Close(&f.h5));
  PetscCall(PetscFree(f.value));
  PetscFunctionReturn(PETSC_SUCCESS);
}
