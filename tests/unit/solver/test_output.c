/* A small run in one, two and three dimensions is written and read back: values, shapes, attributes and tables are
   those that went in, on any number of ranks; what cannot be written is a file error. */
#include "solver/output/output.h"
#include "solver/output/text_files.h"
#include <slepcsys.h>
#include <hdf5.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>

#define STEPS 3
#define ETA   0.1

static char base[256];
static PetscMPIInt me;
static const char *const model[2] = {"master", "langevin"};
static const PetscInt step_of[STEPS] = {0, 3, 7};

/* What is written in cell j of time step t by model m, and the value of field k there. */
static double Value(int m, int t, PetscInt j) {
  return 1e-3 * (m + 1) + 1e-5 * t + 1e-7 * (double)j;
}

static double FieldValue(int k, PetscInt j) {
  return 0.5 * k - 0.01 * (double)j;
}

typedef struct {
  SgdOutputContext context;
  struct _p_SgdFields fields;
  Vec y[2];
} Run;

static void FillField(SgdFields f, int k, double **field) {
  PetscMalloc1(f->last_cell - f->first_cell, field);
  for (PetscInt j = f->first_cell; j < f->last_cell; j++) (*field)[j - f->first_cell] = FieldValue(k, j);
}

/* Unequal sizes; fields with one halo row where there is one. */
static void MakeRun(int dim, const char *folder, Run *r) {
  static char *argv[] = {"sgdfp", "run", "x.yaml", NULL};
  const PetscInt n[3] = {7, 5, 4};
  const double min[3] = {-1.0, 0.5, 2.0}, max[3] = {2.5, 1.5, 4.0};
  const SgdBoundary ends[3] = {SGD_ABSORBING, SGD_REFLECTING, SGD_PERIODIC};
  double origin[9] = {0};
  SgdFields f = &r->fields;
  SgdGrid g;

  memset(r, 0, sizeof *r);
  r->context = (SgdOutputContext){
      .folder = folder, .argc = 3, .argv = argv, .models = 2, .model = model, .fields = f, .learning_rate = ETA};
  assert_int_equal(SgdGridCreate(PETSC_COMM_WORLD, dim, n, min, max, ends, &g), 0);
  r->context.grid = f->grid = g;
  f->first_row = PetscMax(0, g->first_row - 1);
  f->last_row = PetscMin(g->n[dim - 1], g->last_row + 1);
  f->first_cell = f->first_row * g->row;
  f->last_cell = f->last_row * g->row;
  FillField(f, 0, &f->loss);
  for (int a = 0; a < dim; a++) FillField(f, 1 + a, &f->g[a]);
  for (int p = 0; p < SGD_PAIRS(dim); p++) FillField(f, 10 + p, &f->C[p]);
  SgdFrameCreate(dim, 9, origin, &r->context.frame);
  for (int i = 0; i < 9 * dim; i++) r->context.frame->V[i] = i;
  for (int m = 0; m < 2; m++) SgdGridCreateState(g, &r->y[m]);
}

static void FreeRun(Run *r) {
  PetscFree(r->fields.loss);
  for (int a = 0; a < 3; a++) PetscFree(r->fields.g[a]);
  for (int p = 0; p < 6; p++) PetscFree(r->fields.C[p]);
  for (int m = 0; m < 2; m++) VecDestroy(&r->y[m]);
  SgdFrameDestroy(&r->context.frame);
  SgdGridDestroy(&r->context.grid);
}

static void FillState(SgdGrid g, int m, int t, Vec y) {
  PetscScalar *a;

  VecGetArray(y, &a);
  for (PetscInt j = g->first_cell; j < g->last_cell; j++) a[j - g->first_cell] = Value(m, t, j) * g->volume;
  VecRestoreArray(y, &a);
}

static void WriteRun(Run *r) {
  SgdMoments moments[2];
  SgdDistances distances[2];
  SgdVerdict verdict[2] = {{.failure = SGD_TRUSTED}};
  PetscInt step;
  const SgdHistory h = {.models = 2,
                        .steps = 1,
                        .capacity = 1,
                        .step = &step,
                        .moments = moments,
                        .distances = distances,
                        .verdict = verdict};
  SgdOutput out;

  assert_int_equal(SgdOutputOpen(&r->context, &out), 0);
  for (int t = 0; t < STEPS; t++) {
    for (int m = 0; m < 2; m++) {
      FillState(r->context.grid, m, t, r->y[m]);
      SgdMomentsCompute(r->context.grid, r->y[m], &moments[m]);
    }
    SgdDistancesCompute(r->context.grid, r->y[1], r->y[0], &distances[1]);
    step = step_of[t];
    assert_int_equal(SgdOutputDensities(out, step, r->y), 0);
    assert_int_equal(SgdOutputRows(out, step, r->y, &h, 0), 0);
  }
  assert_int_equal(SgdOutputClose(&out), 0);
}

/* Read a whole dataset; returns the number of values. */
static hssize_t ReadAll(hid_t file, const char *name, double *value, hsize_t *shape) {
  hid_t data = H5Dopen2(file, name, H5P_DEFAULT), space = H5Dget_space(data);
  hssize_t n = H5Sget_simple_extent_npoints(space);

  assert_true(data >= 0);
  H5Sget_simple_extent_dims(space, shape, NULL);
  assert_true(H5Dread(data, H5T_NATIVE_DOUBLE, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
  H5Sclose(space);
  H5Dclose(data);
  return n;
}

static void CheckDensity(hid_t file, SgdGrid g, int m) {
  double value[STEPS * 7 * 5 * 4];
  hsize_t shape[4];
  char name[64];

  snprintf(name, sizeof name, "/density/%s", model[m]);
  assert_int_equal(ReadAll(file, name, value, shape), STEPS * g->cells);
  assert_int_equal(shape[0], STEPS);
  for (int a = 0; a < g->dim; a++) assert_int_equal(shape[1 + a], g->n[g->dim - 1 - a]);
  for (int t = 0; t < STEPS; t++)
    for (PetscInt j = 0; j < g->cells; j++) assert_true(fabs(value[t * g->cells + j] / Value(m, t, j) - 1.0) < 1e-15);
}

static void CheckGridAndFields(hid_t file, SgdGrid g) {
  double value[7 * 5 * 4];
  hsize_t shape[4];

  assert_int_equal(ReadAll(file, "/grid/x", value, shape), 7);
  assert_true(fabs(value[0] + 0.75) < 1e-15 && fabs(value[6] - 2.25) < 1e-15);
  assert_int_equal(ReadAll(file, "/grid/x_edges", value, shape), 8);
  assert_true(value[0] == -1.0 && fabs(value[7] - 2.5) < 1e-15);
  assert_int_equal(ReadAll(file, "/slice/loss", value, shape), g->cells);
  for (PetscInt j = 0; j < g->cells; j++) assert_true(value[j] == FieldValue(0, j));
  assert_int_equal(ReadAll(file, "/slice/g_1", value, shape), g->cells);
  for (PetscInt j = 0; j < g->cells; j++) assert_true(value[j] == FieldValue(1, j));
  assert_int_equal(ReadAll(file, g->dim == 1 ? "/slice/C_11" : "/slice/C_12", value, shape), g->cells);
  for (PetscInt j = 0; j < g->cells; j++) assert_true(value[j] == FieldValue(10 + (g->dim > 1), j));
  assert_int_equal(ReadAll(file, "/slice/axes", value, shape), 9 * g->dim);
  assert_true(shape[0] == (hsize_t)g->dim && shape[1] == 9 && value[9 * g->dim - 1] == 9 * g->dim - 1);
}

static void CheckSteps(hid_t file) {
  double value[STEPS], eta;
  char format[64] = "";
  hsize_t shape[4];
  hid_t a = H5Aopen(file, "format", H5P_DEFAULT), type = H5Aget_type(a);

  assert_true(H5Aread(a, type, format) >= 0);
  assert_string_equal(format, "sgdfp-density-1");
  H5Tclose(type);
  H5Aclose(a);
  a = H5Aopen(file, "learning_rate", H5P_DEFAULT);
  assert_true(H5Aread(a, H5T_NATIVE_DOUBLE, &eta) >= 0 && eta == ETA);
  H5Aclose(a);
  assert_int_equal(ReadAll(file, "/steps/n", value, shape), STEPS);
  for (int t = 0; t < STEPS; t++) assert_true(value[t] == (double)step_of[t]);
  assert_int_equal(ReadAll(file, "/steps/tau", value, shape), STEPS);
  for (int t = 0; t < STEPS; t++) assert_true(value[t] == ETA * (double)step_of[t]);
}

static void CheckTable(const char *folder, const char *name, const char *head, int rows) {
  char path[400], line[1024];
  int count = 0;
  FILE *f;

  snprintf(path, sizeof path, "%s/%s", folder, name);
  assert_non_null(f = fopen(path, "r"));
  assert_non_null(fgets(line, sizeof line, f));
  assert_string_equal(line, head);
  while (fgets(line, sizeof line, f)) count++;
  assert_int_equal(count, rows);
  fclose(f);
}

/* the mass column of moments.csv holds the very doubles that were computed */
static void CheckMass(const char *folder, SgdGrid g) {
  char path[400], line[1024];
  FILE *f;

  snprintf(path, sizeof path, "%s/moments.csv", folder);
  assert_non_null(f = fopen(path, "r"));
  assert_non_null(fgets(line, sizeof line, f));
  for (int row = 0; fgets(line, sizeof line, f); row++) {
    double mass = 0.0, read = strtod(strchr(strchr(strchr(line, ',') + 1, ',') + 1, ',') + 1, NULL);
    for (PetscInt j = 0; j < g->cells; j++) mass += Value(row % 2, row / 2, j) * g->volume;
    assert_true(fabs(read / mass - 1.0) < 1e-14);
  }
  fclose(f);
}

static void CheckRun(int dim) {
  static const char *const head[3] = {
      "model,step,tau,mass,outflow,mean_1,cov_11,skewness_1,kurtosis_1,entropy,min_density,negative_mass,steps,"
      "status\n",
      "model,step,tau,mass,outflow,mean_1,mean_2,cov_11,cov_12,cov_22,skewness_1,skewness_2,kurtosis_1,kurtosis_2,"
      "entropy,min_density,negative_mass,steps,status\n",
      "model,step,tau,mass,outflow,mean_1,mean_2,mean_3,cov_11,cov_12,cov_13,cov_22,cov_23,cov_33,skewness_1,"
      "skewness_2,skewness_3,kurtosis_1,kurtosis_2,kurtosis_3,entropy,min_density,negative_mass,steps,status\n"};
  char folder[300] = "", path[400];
  hid_t file;
  Run r;

  snprintf(folder, sizeof folder, "%s/deep/%dd", base, dim);
  MakeRun(dim, folder, &r);
  WriteRun(&r);
  if (!me) {
    snprintf(path, sizeof path, "%s/density.h5", folder);
    file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_true(file >= 0);
    for (int m = 0; m < 2; m++) CheckDensity(file, r.context.grid, m);
    CheckGridAndFields(file, r.context.grid);
    CheckSteps(file);
    H5Fclose(file);
    CheckTable(folder, "moments.csv", head[dim - 1], 2 * STEPS);
    CheckMass(folder, r.context.grid);
    if (dim == 1) {
      CheckTable(folder, "distances.csv", "model,reference,step,l1,hellinger,kl,w1_1,mean_error,cov_error\n", STEPS);
      CheckTable(folder, "density_final.csv", "x,master,langevin\n", 7);
    }
    snprintf(path, sizeof path, "%s/density.xmf", folder);
    assert_int_equal(access(path, R_OK), 0);
  }
  FreeRun(&r);
}

static void test_1d(void **state) {
  (void)state;
  CheckRun(1);
}

static void test_2d(void **state) {
  (void)state;
  CheckRun(2);
}

static void test_3d(void **state) {
  (void)state;
  CheckRun(3);
}

/* Killed when all had been written but the checkpoint's removal: the same attributes are written again. */
static void test_attributes_again(void **state) {
  const SgdCertificate worst = {.mean = 1e-3};
  char folder[300];
  SgdOutput out;
  Run r;

  (void)state;
  snprintf(folder, sizeof folder, "%s/again", base);
  MakeRun(1, folder, &r);
  WriteRun(&r);
  r.context.kept = STEPS;
  for (int time = 0; time < 2; time++) {
    assert_int_equal(SgdOutputOpen(&r.context, &out), 0);
    assert_int_equal(SgdOutputCertificate(out, 0, &worst), 0);
    assert_int_equal(SgdOutputClose(&out), 0);
  }
  FreeRun(&r);
}

/* A file that may not grow beyond 100 bytes: the row that does not fit is not there in part. */
static void test_torn_row(void **state) {
  struct rlimit before, few;
  char path[400], text[200] = "";
  FILE *f;

  (void)state;
  snprintf(path, sizeof path, "%s/table.csv", base);
  signal(SIGXFSZ, SIG_IGN);
  getrlimit(RLIMIT_FSIZE, &before);
  few = (struct rlimit){100, before.rlim_max};
  assert_int_equal(SgdOpenText(PETSC_COMM_WORLD, base, "table.csv", &f), 0);
  if (f) setrlimit(RLIMIT_FSIZE, &few);
  for (int row = 0; f && row < 10; row++) fprintf(f, "a row of thirty letters, %04d\n", row);
  assert_int_equal(SgdExitCode(SgdFlushText(PETSC_COMM_WORLD, base, "table.csv", f)), SGD_EXIT_FILES);
  SgdCloseText(PETSC_COMM_WORLD, base, "table.csv", &f);
  setrlimit(RLIMIT_FSIZE, &before);
  if (me) return;
  assert_non_null(f = fopen(path, "r"));
  assert_int_equal(fread(text, 1, sizeof text, f), 3 * 30);
  assert_string_equal(text + 60, "a row of thirty letters, 0002\n");
  fclose(f);
}

/* The folder's name is taken by a file: exit code 4. */
static void test_folder_is_a_file(void **state) {
  char folder[300] = "";
  SgdOutput out;
  Run r;

  (void)state;
  MakeRun(2, folder, &r);
  snprintf(folder, sizeof folder, "%s/deep/1d/moments.csv/under", base);
  assert_int_equal(SgdExitCode(SgdOutputOpen(&r.context, &out)), SGD_EXIT_FILES);
  assert_int_equal(SgdOutputClose(&out), 0);
  FreeRun(&r);
}

/* density.h5 is there and is a folder: HDF5 cannot create it, and says so once. */
static void test_h5_is_a_folder(void **state) {
  char folder[300] = "", path[400];
  SgdOutput out;
  Run r;

  (void)state;
  MakeRun(1, folder, &r);
  snprintf(folder, sizeof folder, "%s/taken", base);
  snprintf(path, sizeof path, "%s/taken/density.h5", base);
  if (!me) {
    mkdir(folder, 0777);
    mkdir(path, 0777);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  assert_int_equal(SgdExitCode(SgdOutputOpen(&r.context, &out)), SGD_EXIT_FILES);
  assert_int_equal(SgdOutputClose(&out), 0);
  FreeRun(&r);
}

/* A full disk (/dev/full behind moments.csv). */
static void test_disk_full(void **state) {
  char folder[300] = "", path[400];
  SgdOutput out;
  Run r;

  (void)state;
  MakeRun(1, folder, &r);
  snprintf(folder, sizeof folder, "%s/full", base);
  snprintf(path, sizeof path, "%s/full/moments.csv", base);
  if (!me) {
    mkdir(folder, 0777);
    unlink(path);
    assert_int_equal(symlink("/dev/full", path), 0);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
  assert_int_equal(SgdExitCode(SgdOutputOpen(&r.context, &out)), SGD_EXIT_FILES);
  SgdOutputClose(&out);
  FreeRun(&r);
}

static void test_environment(void **state) {
  char *argv[] = {"sgdfp", "run", "x.yaml", NULL}, path[400], text[8192];
  FILE *f;

  (void)state;
  assert_int_equal(SgdOutputCase(base, NULL, 3, argv), 0);
  if (me) return;
  snprintf(path, sizeof path, "%s/environment.json", base);
  assert_non_null(f = fopen(path, "r"));
  text[fread(text, 1, sizeof text - 1, f)] = 0;
  fclose(f);
  assert_non_null(strstr(text, "\"command\": \"sgdfp run x.yaml\""));
  assert_non_null(strstr(text, "SLEPc Release Version"));
  assert_non_null(strstr(text, "HDF5: "));
  assert_non_null(strstr(text, "FFTW: fftw-3"));
}

int main(int argc, char **argv) {
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_1d),
      cmocka_unit_test(test_2d),
      cmocka_unit_test(test_3d),
      cmocka_unit_test(test_attributes_again),
      cmocka_unit_test(test_torn_row),
      cmocka_unit_test(test_folder_is_a_file),
      cmocka_unit_test(test_h5_is_a_folder),
      cmocka_unit_test(test_disk_full),
      cmocka_unit_test(test_environment),
  };
  const char *keep = getenv("SGDFP_TEST_FOLDER"); /* leave the folders there, for other readers to check */
  char command[300];
  int failed;

  if (SlepcInitialize(&argc, &argv, NULL, NULL)) return 1;
  MPI_Comm_rank(PETSC_COMM_WORLD, &me);
  if (keep)
    snprintf(base, sizeof base, "%s", keep);
  else
    snprintf(base, sizeof base, "/tmp/sgdfp_output_%d", (int)getpid());
  MPI_Bcast(base, sizeof base, MPI_CHAR, 0, PETSC_COMM_WORLD);
  SgdErrorHandlerPush();
  failed = cmocka_run_group_tests(tests, NULL, NULL);
  MPI_Barrier(PETSC_COMM_WORLD);
  snprintf(command, sizeof command, "rm -rf %s", base);
  if (!me && !keep) failed += system(command) != 0;
  return SlepcFinalize() || failed;
}
