/* density.h5, one file written by all ranks together (HDF5 over MPI-IO, collective transfers).

     /grid/{x,y,z}, /grid/{x,y,z}_edges      cell centres and cell edges; attributes of /grid: n, min, max, h
     /slice/{loss, g_a, C_ab}                the landscape on the grid, [(nz,) ny, nx]; /slice/axes V [d, P], lambda [d]
     /steps/{n, tau}                         [T]
     /density_error/<model>                  the same of the density's standard error, of models that are measured
     /density/<model>                        [T, (nz,) ny, nx], density (mass over cell volume), one step a chunk

   Fields and densities carry HDF5's checksum (fletcher32), so that no reader takes flipped bytes for numbers.
   Cells are in natural order, so the file does not depend on the number of ranks. It is flushed after every step, and
   room for a step is set aside before: on a full disk the file stays as the last step left it. */
#include "solver/output/outputimpl.h"
#include "cases/base/disk_room.h"
#include "solver/output/grid_hdf5.h"
#include <string.h>

#define STEPS_CHUNK   1024
#define MAX_ATTRIBUTE 60000      /* HDF5 keeps attributes up to 64 KiB in the object's header */
#define STRUCTURE     (64 << 10) /* bytes of HDF5's own that a step may add to a dataset, and the tables beside it */

struct _p_SgdDensityFile {
  SgdH5 h5;
  hsize_t count;   /* time steps so far */
  double *density; /* [owned cells] */
};

static void WriteFrame(SgdH5 *f, SgdFrame frame, hid_t group) {
  hsize_t shape[2] = {(hsize_t)frame->dim, (hsize_t)frame->P};

  SgdH5Small(f, group, "axes", 2, shape, frame->V);
  SgdH5Small(f, group, "origin", 1, &shape[1], frame->origin);
  SgdH5Small(f, group, "lambda", 1, shape, frame->lambda);
  for (int a = 0; a < frame->dim; a++) {
    char name[32];

    snprintf(name, sizeof name, "axis_%d", a + 1);
    SgdH5Text(f, group, name, frame->name[a]);
  }
}

static void WriteFields(SgdH5 *f, SgdGrid g, SgdFields fields, hid_t group) {
  PetscInt skip = g->first_cell - fields->first_cell; /* halo rows below the owned ones */
  char name[32];

  SgdH5Field(f, g, group, "loss", fields->loss + skip);
  for (int a = 0; a < g->dim; a++) {
    snprintf(name, sizeof name, "g_%d", a + 1);
    SgdH5Field(f, g, group, name, fields->g[a] + skip);
    for (int b = a; b < g->dim; b++) {
      snprintf(name, sizeof name, "C_%d%d", a + 1, b + 1);
      SgdH5Field(f, g, group, name, fields->C[SgdPair(g->dim, a, b)] + skip);
    }
  }
}

/* Models with an error field. */
static int ErrorCount(const SgdOutputContext *c) {
  int count = 0;

  for (int m = 0; c->error && m < c->models; m++) count += c->error[m] != NULL;
  return count;
}

static void CreateSteps(SgdH5 *f, const SgdOutputContext *c) {
  hsize_t shape[4], start[4], chunk[4], one = 1, many = STEPS_CHUNK;
  hid_t group = SgdH5Group(f, "/steps");
  int rank = SgdH5FieldShape(c->grid, 1, shape, start, chunk);

  SgdH5Growing(f, group, "n", H5T_STD_I64LE, 1, &one, &many);
  SgdH5Growing(f, group, "tau", H5T_IEEE_F64LE, 1, &one, &many);
  SgdH5Must(f, H5Gclose(group));
  SgdH5FieldChunk(c->grid, 1, shape, chunk);
  group = SgdH5Group(f, "/density");
  for (int m = 0; m < c->models; m++) SgdH5Growing(f, group, c->model[m], H5T_IEEE_F64LE, rank, shape, chunk);
  SgdH5Must(f, H5Gclose(group));
  if (!ErrorCount(c)) return;
  group = SgdH5Group(f, "/density_error");
  for (int m = 0; m < c->models; m++)
    if (c->error[m]) SgdH5Growing(f, group, c->model[m], H5T_IEEE_F64LE, rank, shape, chunk);
  SgdH5Must(f, H5Gclose(group));
}

static PetscErrorCode WriteAttributes(SgdH5 *f, const SgdOutputContext *c) {
  char versions[1024], *line;
  const char *text = "";

  PetscFunctionBegin;
  PetscCall(SgdVersions(versions, sizeof versions));
  PetscCall(SgdCommandLine(c->argc, c->argv, &line));
  if (c->kase) PetscCall(SgdCaseText(c->kase, NULL, &text));
  SgdH5Text(f, f->file, "format", "sgdfp-density-1");
  SgdH5Text(f, f->file, "version", SGDFP_VERSION);
  SgdH5Text(f, f->file, "git", SGDFP_GIT);
  SgdH5Text(f, f->file, "software", versions);
  SgdH5Text(f, f->file, "command", line);
  SgdH5Text(f, f->file, "case", strlen(text) < MAX_ATTRIBUTE ? text : "too long for an attribute: see case.yaml");
  SgdH5Text(f, f->file, "reference", c->model[c->reference]);
  SgdH5Attribute(f, f->file, "learning_rate", H5T_NATIVE_DOUBLE, 0, 1, &c->learning_rate);
  PetscCall(PetscFree(line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A dataset that grows: cut to the steps that are kept, which it must have. */
static void Cut(SgdH5 *f, const char *name, int rank, hsize_t kept) {
  hid_t data = SgdH5Must(f, H5Dopen2(f->file, name, H5P_DEFAULT));
  hsize_t shape[4];

  SgdH5Shape(f, data, rank, shape);
  if (shape[0] < kept) f->bad = 1;
  shape[0] = kept;
  if (!f->bad) SgdH5Must(f, H5Dset_extent(data, shape));
  SgdH5Must(f, H5Dclose(data));
}

/* The dataset /<group>/<model>, open. */
static hid_t DataOf(SgdH5 *f, const char *group, const char *model) {
  char name[PETSC_MAX_PATH_LEN];

  snprintf(name, sizeof name, "/%s/%s", group, model);
  return SgdH5Must(f, H5Dopen2(f->file, name, H5P_DEFAULT));
}

/* Failures are marked again, where they lie within the steps that are kept. */
static void Unmark(SgdH5 *f, const char *model) {
  const hid_t data = DataOf(f, "density", model);

  if (!f->bad && H5Aexists(data, "failed") > 0) SgdH5Must(f, H5Adelete(data, "failed"));
  SgdH5Must(f, H5Dclose(data));
}

/* Take on the file of a run that was stopped. */
static PetscErrorCode TakeOn(SgdDensityFile f, const SgdOutputContext *c, const char *path) {
  char name[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(SgdH5Open(c->grid->comm, path, PETSC_TRUE, &f->h5));
  f->count = (hsize_t)c->kept;
  for (int m = 0; m < c->models; m++) Unmark(&f->h5, c->model[m]);
  Cut(&f->h5, "/steps/n", 1, f->count);
  Cut(&f->h5, "/steps/tau", 1, f->count);
  for (int m = 0; m < c->models; m++) {
    snprintf(name, sizeof name, "/density/%s", c->model[m]);
    Cut(&f->h5, name, c->grid->dim + 1, f->count);
    snprintf(name, sizeof name, "/density_error/%s", c->model[m]);
    if (c->error && c->error[m]) Cut(&f->h5, name, c->grid->dim + 1, f->count);
  }
  PetscCall(SgdH5Verdict(&f->h5, "be continued: it lacks output steps that the checkpoint counts on"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode StartFile(SgdDensityFile f, const SgdOutputContext *c, const char *path) {
  hid_t group;

  PetscFunctionBegin;
  PetscCall(SgdH5Create(c->grid->comm, path, &f->h5));
  PetscCall(WriteAttributes(&f->h5, c));
  PetscCall(SgdH5Grid(&f->h5, c->grid));
  group = SgdH5Group(&f->h5, "/slice");
  if (c->frame) WriteFrame(&f->h5, c->frame, group);
  if (c->fields) WriteFields(&f->h5, c->grid, c->fields, group);
  SgdH5Must(&f->h5, H5Gclose(group));
  CreateSteps(&f->h5, c);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Of grid, fields and attributes; of one step of every model. */
static double StartBytes(const SgdOutputContext *c) {
  const double values = (double)c->grid->cells * (1 + c->grid->dim + SGD_PAIRS(c->grid->dim)),
               axes = c->frame ? (double)c->frame->P * (c->frame->dim + 1) : 0;

  return sizeof(double) * (values + axes) + STRUCTURE * (c->models + 4);
}

static double StepBytes(const SgdOutputContext *c) {
  const SgdGrid g = c->grid;
  const PetscInt rows = (PetscInt)SgdH5ChunkRows(g), n = g->n[g->dim - 1], held = (n + rows - 1) / rows * rows;

  return (sizeof(double) * (double)held * (double)g->row + STRUCTURE) * (c->models + ErrorCount(c)) + 2 * STRUCTURE;
}

PetscErrorCode SgdDensityFileOpen(const SgdOutputContext *c, SgdDensityFile *file) {
  char path[PETSC_MAX_PATH_LEN];
  SgdDensityFile f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  *file = f;
  SgdJoinPath(c->folder, SGD_DENSITY_FILE, path);
  PetscCall(PetscMalloc1(c->grid->last_cell - c->grid->first_cell, &f->density));
  PetscCall(SgdDiskRoom(c->grid->comm, path, c->kept ? StepBytes(c) : StartBytes(c)));
  PetscCall(c->kept ? TakeOn(f, c, path) : StartFile(f, c, path));
  SgdH5Must(&f->h5, H5Fflush(f->h5.file, H5F_SCOPE_GLOBAL));
  PetscCall(SgdH5Verdict(&f->h5, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One more value at the end of /steps/<name>, by rank 0. */
static void AppendStep(SgdDensityFile f, const char *name, hid_t type, const void *value) {
  hid_t data = SgdH5Must(&f->h5, H5Dopen2(f->h5.file, name, H5P_DEFAULT)), space, memory;
  hsize_t extent = f->count + 1, one = 1;
  PetscMPIInt me;

  SgdH5Must(&f->h5, H5Dset_extent(data, &extent));
  space = SgdH5Must(&f->h5, H5Dget_space(data));
  memory = SgdH5Must(&f->h5, H5Screate_simple(1, &one, NULL));
  SgdH5Must(&f->h5, H5Sselect_hyperslab(space, H5S_SELECT_SET, &f->count, NULL, &one, NULL));
  MPI_Comm_rank(f->h5.comm, &me);
  if (me) H5Sselect_none(space), H5Sselect_none(memory);
  SgdH5Must(&f->h5, H5Dwrite(data, type, memory, space, f->h5.transfer, value));
  SgdH5Must(&f->h5, H5Sclose(memory));
  SgdH5Must(&f->h5, H5Sclose(space));
  SgdH5Must(&f->h5, H5Dclose(data));
}

static PetscErrorCode AppendDensity(SgdDensityFile f, SgdGrid g, const char *group, const char *model, Vec y) {
  hsize_t shape[4], start[4], count[4];
  int rank = SgdH5FieldShape(g, 1, shape, start, count);
  const PetscScalar *mass;
  hid_t data;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &mass));
  for (PetscInt j = 0; j < g->last_cell - g->first_cell; j++) f->density[j] = mass[j] / g->volume;
  PetscCall(VecRestoreArrayRead(y, &mass));
  data = DataOf(&f->h5, group, model);
  start[0] = f->count;
  shape[0] = f->count + 1;
  SgdH5Must(&f->h5, H5Dset_extent(data, shape));
  SgdH5WriteRows(&f->h5, data, rank, start, count, f->density);
  SgdH5Must(&f->h5, H5Dclose(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileStep(SgdDensityFile f, const SgdOutputContext *c, PetscInt step, Vec *y) {
  long long n = step;
  double tau = SgdTau(c, step);

  PetscFunctionBegin;
  PetscCall(SgdDiskRoom(f->h5.comm, f->h5.path, StepBytes(c)));
  for (int m = 0; m < c->models; m++) PetscCall(AppendDensity(f, c->grid, "density", c->model[m], y[m]));
  for (int m = 0; c->error && m < c->models; m++)
    if (c->error[m]) PetscCall(AppendDensity(f, c->grid, "density_error", c->model[m], c->error[m]));
  AppendStep(f, "/steps/n", H5T_NATIVE_LLONG, &n);
  AppendStep(f, "/steps/tau", H5T_NATIVE_DOUBLE, &tau);
  f->count++;
  SgdH5Must(&f->h5, H5Fflush(f->h5.file, H5F_SCOPE_GLOBAL));
  PetscCall(SgdH5Verdict(&f->h5, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileFailure(SgdDensityFile f, const char *model, const char *status) {
  const hid_t data = DataOf(&f->h5, "density", model);

  PetscFunctionBegin;
  SgdH5Text(&f->h5, data, "failed", status);
  SgdH5Must(&f->h5, H5Dclose(data));
  SgdH5Must(&f->h5, H5Fflush(f->h5.file, H5F_SCOPE_GLOBAL));
  PetscCall(SgdH5Verdict(&f->h5, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileCertificate(SgdDensityFile f, const char *model, const SgdCertificate *worst) {
  const hid_t data = DataOf(&f->h5, "density", model);

  PetscFunctionBegin;
  SgdH5Attribute(&f->h5, data, "step_mean", H5T_NATIVE_DOUBLE, 0, 1, &worst->mean);
  SgdH5Attribute(&f->h5, data, "step_covariance", H5T_NATIVE_DOUBLE, 0, 1, &worst->covariance);
  SgdH5Attribute(&f->h5, data, "step_share", H5T_NATIVE_DOUBLE, 0, 1, &worst->share);
  SgdH5Must(&f->h5, H5Dclose(data));
  PetscCall(SgdH5Verdict(&f->h5, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileClose(SgdDensityFile *file) {
  SgdDensityFile f = *file;

  PetscFunctionBegin;
  if (!f) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdH5Close(&f->h5));
  PetscCall(PetscFree(f->density));
  PetscCall(PetscFree(*file));
  PetscFunctionReturn(PETSC_SUCCESS);
}
