/* density.h5, one file written by all ranks together (HDF5 over MPI-IO, collective transfers).

     /grid/{x,y,z}, /grid/{x,y,z}_edges      cell centres and cell edges; attributes of /grid: n, min, max, h
     /slice/{loss, g_a, C_ab}                the landscape on the grid, [(nz,) ny, nx]; /slice/axes V [d, P], lambda [d]
     /steps/{n, tau}                         [T]
     /density/<model>                        [T, (nz,) ny, nx], density (mass over cell volume), one step a chunk

   Cells are in natural order, so the file does not depend on the number of ranks. It is flushed after every step. */
#include "outputimpl.h"
#include <hdf5.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_BYTES     (16 << 20) /* a larger time step is cut into chunks of whole rows */
#define STEPS_CHUNK     1024
#define MAX_ATTRIBUTE   60000 /* HDF5 keeps attributes up to 64 KiB in the object's header */
#define AXIS_NAME(axis) (&"x\0y\0z"[2 * (axis)])

struct _p_SgdDensityFile {
  MPI_Comm comm;
  char path[PETSC_MAX_PATH_LEN];
  hid_t file, transfer; /* transfer: collective data transfers */
  hsize_t count;        /* time steps so far */
  int bad;              /* has an HDF5 call failed on this rank? */
  PetscBool reported;   /* one message is enough, whatever fails after it */
  double *density;      /* [owned cells] */
};

/* Calls go on after a failure (they are collective), and the failure is reported once, at the end of the stage. */
static hid_t Must(SgdDensityFile f, hid_t result) {
  if (result < 0) f->bad = 1;
  return result;
}

static PetscErrorCode Verdict(SgdDensityFile f, const char *what) {
  PetscFunctionBegin;
  PetscCall(SgdAgree(f->comm, &f->bad));
  if (!f->bad || f->reported) PetscFunctionReturn(PETSC_SUCCESS);
  f->reported = PETSC_TRUE;
  return SgdFail(f->comm, SGD_EXIT_FILES, "%s: cannot %s", f->path, what);
}

static void Attribute(SgdDensityFile f, hid_t where, const char *name, hid_t type, int rank, hsize_t n,
                      const void *value) {
  hid_t space = Must(f, rank ? H5Screate_simple(1, &n, NULL) : H5Screate(H5S_SCALAR));
  hid_t attribute = Must(f, H5Acreate2(where, name, type, space, H5P_DEFAULT, H5P_DEFAULT));

  Must(f, H5Awrite(attribute, type, value));
  Must(f, H5Aclose(attribute));
  Must(f, H5Sclose(space));
}

static void Text(SgdDensityFile f, hid_t where, const char *name, const char *text) {
  hid_t type = Must(f, H5Tcopy(H5T_C_S1));

  Must(f, H5Tset_size(type, strlen(text) + 1));
  Must(f, H5Tset_cset(type, H5T_CSET_UTF8));
  Attribute(f, where, name, type, 0, 1, text);
  Must(f, H5Tclose(type));
}

static hid_t Group(SgdDensityFile f, const char *name) {
  return Must(f, H5Gcreate2(f->file, name, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
}

/* A dataset that every rank knows in full: rank 0 writes, the others take part with nothing. */
static void Small(SgdDensityFile f, hid_t where, const char *name, int rank, const hsize_t *shape,
                  const double *value) {
  hid_t space = Must(f, H5Screate_simple(rank, shape, NULL)), data;
  PetscMPIInt me;

  data = Must(f, H5Dcreate2(where, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));
  MPI_Comm_rank(f->comm, &me);
  if (me) H5Sselect_none(space);
  Must(f, H5Dwrite(data, H5T_NATIVE_DOUBLE, space, space, f->transfer, value));
  Must(f, H5Dclose(data));
  Must(f, H5Sclose(space));
}

/* The shape of a field, slowest axis first, after `lead` leading dimensions of one; this rank's part of it. */
static int FieldShape(SgdGrid g, int lead, hsize_t *shape, hsize_t *start, hsize_t *count) {
  for (int a = 0; a < lead; a++) shape[a] = count[a] = 1, start[a] = 0;
  for (int a = 0; a < g->dim; a++) {
    shape[lead + a] = count[lead + a] = (hsize_t)g->n[g->dim - 1 - a];
    start[lead + a] = 0;
  }
  start[lead] = (hsize_t)g->first_row;
  count[lead] = (hsize_t)(g->last_row - g->first_row);
  return lead + g->dim;
}

/* Collective write of this rank's rows into the part of `data` that starts and counts say. */
static void WriteRows(SgdDensityFile f, hid_t data, int rank, const hsize_t *start, const hsize_t *count,
                      const double *value) {
  hid_t space = Must(f, H5Dget_space(data)), memory = Must(f, H5Screate_simple(rank, count, NULL));

  Must(f, H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL));
  Must(f, H5Dwrite(data, H5T_NATIVE_DOUBLE, memory, space, f->transfer, value));
  Must(f, H5Sclose(memory));
  Must(f, H5Sclose(space));
}

static void Field(SgdDensityFile f, SgdGrid g, hid_t where, const char *name, const double *value) {
  hsize_t shape[4], start[4], count[4];
  int rank = FieldShape(g, 0, shape, start, count);
  hid_t space = Must(f, H5Screate_simple(rank, shape, NULL));
  hid_t data = Must(f, H5Dcreate2(where, name, H5T_IEEE_F64LE, space, H5P_DEFAULT, H5P_DEFAULT, H5P_DEFAULT));

  WriteRows(f, data, rank, start, count, value);
  Must(f, H5Dclose(data));
  Must(f, H5Sclose(space));
}

static PetscErrorCode WriteGrid(SgdDensityFile f, SgdGrid g) {
  hid_t group = Group(f, "/grid");
  hsize_t d = (hsize_t)g->dim;
  long long n[3] = {g->n[0], g->n[1], g->n[2]};

  PetscFunctionBegin;
  Attribute(f, group, "n", H5T_NATIVE_LLONG, 1, d, n);
  Attribute(f, group, "min", H5T_NATIVE_DOUBLE, 1, d, g->min);
  Attribute(f, group, "max", H5T_NATIVE_DOUBLE, 1, d, g->max);
  Attribute(f, group, "h", H5T_NATIVE_DOUBLE, 1, d, g->h);
  for (int a = 0; a < g->dim; a++) {
    hsize_t cells = (hsize_t)g->n[a], ends = cells + 1;
    char name[32];
    double *x;

    PetscCall(PetscMalloc1(ends, &x));
    for (PetscInt i = 0; i < g->n[a]; i++) x[i] = g->min[a] + ((double)i + 0.5) * g->h[a];
    Small(f, group, AXIS_NAME(a), 1, &cells, x);
    for (PetscInt i = 0; i <= g->n[a]; i++) x[i] = g->min[a] + (double)i * g->h[a];
    snprintf(name, sizeof name, "%s_edges", AXIS_NAME(a));
    Small(f, group, name, 1, &ends, x);
    PetscCall(PetscFree(x));
  }
  Must(f, H5Gclose(group));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void WriteFrame(SgdDensityFile f, SgdFrame frame, hid_t group) {
  hsize_t shape[2] = {(hsize_t)frame->dim, (hsize_t)frame->P};

  Small(f, group, "axes", 2, shape, frame->V);
  Small(f, group, "origin", 1, &shape[1], frame->origin);
  Small(f, group, "lambda", 1, shape, frame->lambda);
  for (int a = 0; a < frame->dim; a++) {
    char name[32];

    snprintf(name, sizeof name, "axis_%d", a + 1);
    Text(f, group, name, frame->name[a]);
  }
}

static void WriteFields(SgdDensityFile f, SgdGrid g, SgdFields fields, hid_t group) {
  PetscInt skip = g->first_cell - fields->first_cell; /* halo rows below the owned ones */
  char name[32];

  Field(f, g, group, "loss", fields->loss + skip);
  for (int a = 0; a < g->dim; a++) {
    snprintf(name, sizeof name, "g_%d", a + 1);
    Field(f, g, group, name, fields->g[a] + skip);
    for (int b = a; b < g->dim; b++) {
      snprintf(name, sizeof name, "C_%d%d", a + 1, b + 1);
      Field(f, g, group, name, fields->C[SgdPair(g->dim, a, b)] + skip);
    }
  }
}

/* An empty dataset that grows along its first dimension. */
static void Growing(SgdDensityFile f, hid_t where, const char *name, hid_t type, int rank, const hsize_t *shape,
                    const hsize_t *chunk) {
  hsize_t now[4], most[4];
  hid_t space, create = Must(f, H5Pcreate(H5P_DATASET_CREATE));

  for (int a = 0; a < rank; a++) now[a] = most[a] = shape[a];
  now[0] = 0;
  most[0] = H5S_UNLIMITED;
  space = Must(f, H5Screate_simple(rank, now, most));
  Must(f, H5Pset_chunk(create, rank, chunk));
  Must(f, H5Dclose(Must(f, H5Dcreate2(where, name, type, space, H5P_DEFAULT, create, H5P_DEFAULT))));
  Must(f, H5Pclose(create));
  Must(f, H5Sclose(space));
}

static void CreateSteps(SgdDensityFile f, const SgdOutputContext *c) {
  hsize_t shape[4], start[4], chunk[4], one = 1, many = STEPS_CHUNK;
  hid_t group = Group(f, "/steps");
  int rank = FieldShape(c->grid, 1, shape, start, chunk);

  Growing(f, group, "n", H5T_STD_I64LE, 1, &one, &many);
  Growing(f, group, "tau", H5T_IEEE_F64LE, 1, &one, &many);
  Must(f, H5Gclose(group));
  for (int a = 1; a < rank; a++) chunk[a] = shape[a];
  chunk[1] = PetscMin(shape[1], PetscMax((hsize_t)1, CHUNK_BYTES / (sizeof(double) * (hsize_t)c->grid->row)));
  group = Group(f, "/density");
  for (int m = 0; m < c->models; m++) Growing(f, group, c->model[m], H5T_IEEE_F64LE, rank, shape, chunk);
  Must(f, H5Gclose(group));
}

static PetscErrorCode WriteAttributes(SgdDensityFile f, const SgdOutputContext *c) {
  char versions[1024], *line;
  const char *text = "";

  PetscFunctionBegin;
  PetscCall(SgdVersions(versions, sizeof versions));
  PetscCall(SgdCommandLine(c->argc, c->argv, &line));
  if (c->kase) PetscCall(SgdCaseText(c->kase, NULL, &text));
  Text(f, f->file, "format", "sgdfp-density-1");
  Text(f, f->file, "version", SGDFP_VERSION);
  Text(f, f->file, "git", SGDFP_GIT);
  Text(f, f->file, "software", versions);
  Text(f, f->file, "command", line);
  Text(f, f->file, "case", strlen(text) < MAX_ATTRIBUTE ? text : "too long for an attribute: see case.yaml");
  Text(f, f->file, "reference", c->model[c->reference]);
  Attribute(f, f->file, "learning_rate", H5T_NATIVE_DOUBLE, 0, 1, &c->learning_rate);
  PetscCall(PetscFree(line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Create the file over MPI-IO. Locks are of no use to one collective writer, and many file systems have none: unless
   the user decided otherwise they are off. */
static PetscErrorCode Create(SgdDensityFile f) {
  hid_t access;

  PetscFunctionBegin;
  setenv("HDF5_USE_FILE_LOCKING", "FALSE", 0);
  PetscCheck(H5Eset_auto2(H5E_DEFAULT, NULL, NULL) >= 0, f->comm, PETSC_ERR_LIB, "H5Eset_auto2");
  access = Must(f, H5Pcreate(H5P_FILE_ACCESS));
  Must(f, H5Pset_fapl_mpio(access, f->comm, MPI_INFO_NULL));
  f->file = Must(f, H5Fcreate(f->path, H5F_ACC_TRUNC, H5P_DEFAULT, access));
  Must(f, H5Pclose(access));
  f->transfer = Must(f, H5Pcreate(H5P_DATASET_XFER));
  Must(f, H5Pset_dxpl_mpio(f->transfer, H5FD_MPIO_COLLECTIVE));
  PetscCall(Verdict(f, "create the file"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileOpen(const SgdOutputContext *c, SgdDensityFile *file) {
  SgdDensityFile f;
  hid_t group;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  *file = f;
  f->comm = c->grid->comm;
  f->file = f->transfer = -1;
  SgdJoinPath(c->folder, SGD_DENSITY_FILE, f->path);
  PetscCall(PetscMalloc1(c->grid->last_cell - c->grid->first_cell, &f->density));
  PetscCall(Create(f));
  PetscCall(WriteAttributes(f, c));
  PetscCall(WriteGrid(f, c->grid));
  group = Group(f, "/slice");
  if (c->frame) WriteFrame(f, c->frame, group);
  if (c->fields) WriteFields(f, c->grid, c->fields, group);
  Must(f, H5Gclose(group));
  CreateSteps(f, c);
  Must(f, H5Fflush(f->file, H5F_SCOPE_GLOBAL));
  PetscCall(Verdict(f, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One more value at the end of /steps/<name>, by rank 0. */
static void AppendStep(SgdDensityFile f, const char *name, hid_t type, const void *value) {
  hid_t data = Must(f, H5Dopen2(f->file, name, H5P_DEFAULT)), space, memory;
  hsize_t extent = f->count + 1, one = 1;
  PetscMPIInt me;

  Must(f, H5Dset_extent(data, &extent));
  space = Must(f, H5Dget_space(data));
  memory = Must(f, H5Screate_simple(1, &one, NULL));
  Must(f, H5Sselect_hyperslab(space, H5S_SELECT_SET, &f->count, NULL, &one, NULL));
  MPI_Comm_rank(f->comm, &me);
  if (me) H5Sselect_none(space), H5Sselect_none(memory);
  Must(f, H5Dwrite(data, type, memory, space, f->transfer, value));
  Must(f, H5Sclose(memory));
  Must(f, H5Sclose(space));
  Must(f, H5Dclose(data));
}

static PetscErrorCode AppendDensity(SgdDensityFile f, SgdGrid g, const char *model, Vec y) {
  hsize_t shape[4], start[4], count[4];
  int rank = FieldShape(g, 1, shape, start, count);
  const PetscScalar *mass;
  char name[PETSC_MAX_PATH_LEN];
  hid_t data;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &mass));
  for (PetscInt j = 0; j < g->last_cell - g->first_cell; j++) f->density[j] = mass[j] / g->volume;
  PetscCall(VecRestoreArrayRead(y, &mass));
  snprintf(name, sizeof name, "/density/%s", model);
  data = Must(f, H5Dopen2(f->file, name, H5P_DEFAULT));
  start[0] = f->count;
  shape[0] = f->count + 1;
  Must(f, H5Dset_extent(data, shape));
  WriteRows(f, data, rank, start, count, f->density);
  Must(f, H5Dclose(data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileStep(SgdDensityFile f, const SgdOutputContext *c, PetscInt step, Vec *y) {
  long long n = step;
  double tau = SgdTau(c, step);

  PetscFunctionBegin;
  for (int m = 0; m < c->models; m++) PetscCall(AppendDensity(f, c->grid, c->model[m], y[m]));
  AppendStep(f, "/steps/n", H5T_NATIVE_LLONG, &n);
  AppendStep(f, "/steps/tau", H5T_NATIVE_DOUBLE, &tau);
  f->count++;
  Must(f, H5Fflush(f->file, H5F_SCOPE_GLOBAL));
  PetscCall(Verdict(f, "write (HDF5 failed: is the disk full?)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDensityFileClose(SgdDensityFile *file) {
  SgdDensityFile f = *file;

  PetscFunctionBegin;
  if (!f) PetscFunctionReturn(PETSC_SUCCESS);
  if (f->transfer >= 0) Must(f, H5Pclose(f->transfer));
  if (f->file >= 0) Must(f, H5Fclose(f->file));
  PetscCall(Verdict(f, "write (HDF5 failed: is the disk full?)"));
  PetscCall(PetscFree(f->density));
  PetscCall(PetscFree(*file));
  PetscFunctionReturn(PETSC_SUCCESS);
}
