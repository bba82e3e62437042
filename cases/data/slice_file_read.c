/* The HDF5 side of a slice file: format "sgdfp-slice-1" (cases/torch/SLICE_FILE.md). */
#include "cases/data/slice_file.h"
#include "cases/base/chebyshev.h"
#include "cases/data/field_file.h"
#include "cases/data/field_names.h"
#include "cases/data/slice_file_axes.h"
#include "cases/data/slice_file_check.h"
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static const char *const datasets[] = {"nodes", "loss", "g", "C1", "gi"};
static const char *const attributes[] = {"format", "samples", "min",   "max",        "eigenvalues",  "residuals",
                                         "axes",   "model",   "torch", "parameters", "gradient_norm"};
static const SgdFieldNames names = {"/slice", sizeof datasets / sizeof *datasets,
                                    sizeof attributes / sizeof *attributes, datasets, attributes};

/* What is read, and what is thought of it. */
typedef struct {
  SgdSliceFile *slice;
  SgdSliceFileVerdict verdict;
  char unknown[512]; /* names that are not read */
} Reading;

/* The root attribute `name` as `count` numbers; 1 if it is not there or is something else. */
static int ReadNumbers(hid_t file, const char *name, int count, double *value) {
  const hid_t a = H5Aexists(file, name) > 0 ? H5Aopen(file, name, H5P_DEFAULT) : -1;
  const hid_t space = a < 0 ? -1 : H5Aget_space(a);
  int bad = a < 0 || H5Sget_simple_extent_npoints(space) != count;

  if (!bad) bad = H5Aread(a, H5T_NATIVE_DOUBLE, value) < 0;
  if (space >= 0) H5Sclose(space);
  if (a >= 0) H5Aclose(a);
  return bad;
}

/* The root attribute `name` as text (of fixed or variable length); empty if there is none. */
static void Text(hid_t file, const char *name, char *text, size_t room) {
  const hid_t a = H5Aexists(file, name) > 0 ? H5Aopen(file, name, H5P_DEFAULT) : -1;
  const hid_t type = a < 0 ? -1 : H5Aget_type(a);
  char *variable = NULL, fixed[512] = "";

  *text = '\0';
  if (a < 0) return;
  if (H5Tget_class(type) == H5T_STRING && H5Tis_variable_str(type) > 0) {
    if (H5Aread(a, type, &variable) >= 0 && variable) snprintf(text, room, "%s", variable);
    H5free_memory(variable);
  } else if (H5Tget_class(type) == H5T_STRING && H5Tget_size(type) < sizeof fixed && H5Aread(a, type, fixed) >= 0)
    snprintf(text, room, "%s", fixed);
  for (char *c = text; *c; c++)
    if (iscntrl((unsigned char)*c)) *c = '?'; /* it goes to terminals */
  H5Tclose(type);
  H5Aclose(a);
}

static void ShapeText(int rank, const hsize_t *shape, char *text, size_t room) {
  size_t at = 0;

  snprintf(text, room, "one number or nothing");
  for (int k = 0; k < rank && at < room; k++)
    at += (size_t)snprintf(text + at, room - at, "[%llu]", (unsigned long long)shape[k]);
}

/* Dataset `name` of exactly this shape into a new array of doubles. */
static int Array(SgdFieldFile *r, const char *name, int rank, const hsize_t *shape, double **to) {
  const hid_t set = H5Dopen2(r->file, name, H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
  hsize_t found[H5S_MAX_RANK] = {0}, count = 1;
  char words[128], has[256], asked[128];
  int bad = 0;

  if (set < 0)
    return SgdFieldFileBad(r, "has no dataset %s%s", name,
                           SgdFieldNamesInstead(&names, r->file, name, words, sizeof words));
  const int ranks = H5Sget_simple_extent_type(space) == H5S_SIMPLE ? H5Sget_simple_extent_dims(space, found, NULL) : 0;
  bad = ranks != rank;
  for (int k = 0; k < rank; k++) {
    bad = bad || found[k] != shape[k];
    count *= shape[k];
  }
  ShapeText(ranks, found, has, sizeof has);
  ShapeText(rank, shape, asked, sizeof asked);
  if (bad) SgdFieldFileBad(r, "dataset %s has the shape %s; nodes, axes and samples ask for %s", name, has, asked);
  snprintf(words, sizeof words, "dataset %s", name);
  if (!bad) bad = SgdFieldFileNumbers(r, set, words, count, to);
  H5Sclose(space);
  H5Dclose(set);
  return bad;
}

static int ReadSliceHeader(SgdFieldFile *r, SgdSliceFile *s) {
  char format[64];
  double samples;

  Text(r->file, "format", format, sizeof format);
  if (H5Lexists(r->file, "xcoordinates", H5P_DEFAULT) > 0)
    return SgdFieldFileBad(
        r, "this is a loss-landscape file (xcoordinates, train_loss): it holds the loss alone; the gradient and "
           "its noise are missing, without which no density can be computed (cases/torch/export_torch.py writes them)");
  if (strcmp(format, "sgdfp-slice-1"))
    return SgdFieldFileBad(
        r, "the attribute format of the file is %s%s%s, expected 'sgdfp-slice-1' (cases/torch/SLICE_FILE.md)",
        *format ? "'" : "missing", format, *format ? "'" : "");
  if (ReadNumbers(r->file, "samples", 1, &samples) || !(samples >= 1 && samples < 1e9) || samples != floor(samples))
    return SgdFieldFileBad(r, "the attribute samples must be the number of samples, from 1 up");
  s->samples = (int)samples;
  Text(r->file, "model", s->model, sizeof s->model);
  Text(r->file, "axes", s->axes, sizeof s->axes);
  return 0;
}

/* One number an axis, or NaN for all where the file has no such attribute. */
static int Eigenvalues(SgdFieldFile *r, SgdSliceFile *s) {
  for (int k = 0; k < s->dim; k++) s->eigenvalue[k] = NAN;
  if (H5Aexists(r->file, "eigenvalues") <= 0) return 0;
  if (ReadNumbers(r->file, "eigenvalues", s->dim, s->eigenvalue))
    return SgdFieldFileBad(r, "the attribute eigenvalues must have one number an axis");
  for (int k = 0; k < s->dim; k++)
    if (!isfinite(s->eigenvalue[k]))
      return SgdFieldFileBad(r, "the attribute eigenvalues is %g for axis %d: not a finite number", s->eigenvalue[k],
                             k + 1);
  return 0;
}

/* nodes [d][n]: Chebyshev points of the second kind on [min, max]. */
static int ReadNodes(SgdFieldFile *r, SgdSliceFile *s) {
  const hid_t set = H5Dopen2(r->file, "/slice/nodes", H5P_DEFAULT), space = set < 0 ? -1 : H5Dget_space(set);
  hsize_t shape[2] = {0, 0};
  double *x = NULL;
  int bad = 0;

  if (set < 0) return SgdFieldFileBad(r, "has no dataset /slice/nodes (the datasets belong into the group /slice)");
  if (H5Sget_simple_extent_ndims(space) == 2) H5Sget_simple_extent_dims(space, shape, NULL);
  H5Sclose(space);
  H5Dclose(set);
  if (shape[0] < 1 || shape[0] > 3 || shape[1] < 4 || shape[1] > 1025)
    return SgdFieldFileBad(r, "dataset /slice/nodes must have the shape [1 .. 3 axes][4 .. 1025 nodes]");
  s->dim = (int)shape[0];
  s->nodes = (int)shape[1];
  s->total = 1;
  for (int k = 0; k < s->dim; k++) s->total *= s->nodes;
  if (ReadNumbers(r->file, "min", s->dim, s->min) || ReadNumbers(r->file, "max", s->dim, s->max))
    return SgdFieldFileBad(r, "the attributes min and max must have one number an axis");
  if (Eigenvalues(r, s)) return 1;
  for (int k = 0; k < s->dim; k++)
    if (!(s->min[k] < s->max[k]) || !isfinite(s->max[k] - s->min[k]))
      return SgdFieldFileBad(r, "axis %d: max must lie above min, and both be finite (%g, %g)", k + 1, s->min[k],
                             s->max[k]);
  bad = Array(r, "/slice/nodes", 2, shape, &x);
  const double tolerance = SgdFieldFileSingle(r, "/slice/nodes") ? 1e-6 : 1e-10;
  for (int i = 0; !bad && i < s->dim * s->nodes; i++) {
    const int k = i / s->nodes;
    const double wanted = SgdChebyshevNode(s->nodes, i % s->nodes, s->min[k], s->max[k]);
    if (fabs(x[i] - wanted) > tolerance * (s->max[k] - s->min[k]))
      bad = SgdFieldFileBad(
          r, "axis %d: node %d is %.12g, but the Chebyshev point of the second kind, in increasing order, is %.12g",
          k + 1, i % s->nodes + 1, x[i], wanted);
  }
  PetscCall(PetscFree(x));
  return bad;
}

/* C1 is a covariance, and of three axes has no negative determinant. */
static int CheckCovariance(SgdFieldFile *r, const SgdSliceFile *s) {
  const int d = s->dim;
  int a, b;

  for (PetscInt m = 0; m < s->total; m++) {
    const double *C = s->C1 + m * d * d;
    if (!SgdFieldFileCovariance(d, C, 1e-6, &a, &b))
      return SgdFieldFileBad(r,
                             "/slice/C1 at node %lld is no covariance: entries (%d,%d), (%d,%d) are %.6g, %.6g, with "
                             "the variances %.6g and %.6g",
                             (long long)m + 1, a + 1, b + 1, b + 1, a + 1, C[a * d + b], C[b * d + a], C[a * (d + 1)],
                             C[b * (d + 1)]);
    if (SgdFieldFileDeterminant(d, C) < -1e-6)
      return SgdFieldFileBad(
          r,
          "/slice/C1 at node %lld is no covariance: it has a negative eigenvalue (determinant of the "
          "correlations %.3g)",
          (long long)m + 1, SgdFieldFileDeterminant(d, C));
  }
  return 0;
}

/* Mean [d] and covariance [d][d] of the samples at node m. */
static void SampleMoments(const SgdSliceFile *s, PetscInt m, double mean[], double C[]) {
  const double *gi = s->gi + m * s->samples * s->dim;
  const int d = s->dim;

  memset(mean, 0, (size_t)d * sizeof *mean);
  memset(C, 0, (size_t)(d * d) * sizeof *C);
  for (int i = 0; i < s->samples * d; i++) mean[i % d] += gi[i] / s->samples;
  for (int i = 0; i < s->samples; i++)
    for (int k = 0; k < d * d; k++)
      C[k] += (gi[i * d + k / d] - mean[k / d]) * (gi[i * d + k % d] - mean[k % d]) / s->samples;
}

static int SampleFault(SgdFieldFile *r, const SgdSliceFile *s, PetscInt m, int k, const double mean[],
                       const double C[]) {
  const int d = s->dim, a = k / d, same = a == k % d;

  return SgdFieldFileBad(r, "/slice/gi at node %lld, axis %d%s: mean %.9g and %s %.9g differ from g %.9g and C1 %.9g",
                         (long long)m + 1, a + 1, same ? "" : " with another", mean[a],
                         same ? "variance" : "covariance", C[k], s->g[m * d + a], s->C1[m * d * d + k]);
}

/* At each node: the samples' mean is g, their covariance C1, to 1e-6 of its scale. */
static int CheckSamples(SgdFieldFile *r, const SgdSliceFile *s) {
  const int d = s->dim;
  double mean[3], C[9];

  for (PetscInt m = 0; m < s->total; m++) {
    const double *g = s->g + m * d, *C1 = s->C1 + m * d * d;
    SampleMoments(s, m, mean, C);
    for (int a = 0; a < d; a++)
      if (fabs(mean[a] - g[a]) > 1e-6 * (fabs(g[a]) + sqrt(C[a * (d + 1)])))
        return SampleFault(r, s, m, a * (d + 1), mean, C);
    for (int i = 0; i < d + d * d; i++) {
      const int k = i < d ? i * (d + 1) : i - d, a = k / d, b = k % d; /* the variances first, then all */
      const double scale = (C[a * (d + 1)] + g[a] * g[a]) * (C[b * (d + 1)] + g[b] * g[b]);
      if (fabs(C[k] - C1[k]) > 1e-6 * sqrt(scale)) return SampleFault(r, s, m, k, mean, C);
    }
  }
  return 0;
}

static int ReadSliceFile(SgdFieldFile *r, void *to) {
  Reading *reading = to;
  SgdSliceFile *s = reading->slice;
  hsize_t shape[6];

  if (ReadSliceHeader(r, s) || ReadNodes(r, s)) return 1;
  for (int k = 0; k < s->dim; k++) shape[k] = (hsize_t)s->nodes;
  shape[s->dim] = shape[s->dim + 1] = (hsize_t)s->dim;
  if (Array(r, "/slice/loss", s->dim, shape, &s->loss) || Array(r, "/slice/g", s->dim + 1, shape, &s->g) ||
      Array(r, "/slice/C1", s->dim + 2, shape, &s->C1) || CheckCovariance(r, s))
    return 1;
  if (SgdSliceFileAxes(r, s->dim)) return 1;
  SgdFieldNamesUnknown(&names, r->file, reading->unknown, sizeof reading->unknown);
  if (SgdSliceFileCheck(s, &reading->verdict)) return SgdFieldFileBad(r, "its fields do not fit into memory");
  if (*reading->verdict.fault) return SgdFieldFileBad(r, "%s", reading->verdict.fault);
  if (H5Lexists(r->file, "/slice/gi", H5P_DEFAULT) <= 0) return 0;
  shape[s->dim] = (hsize_t)s->samples;
  return Array(r, "/slice/gi", s->dim + 2, shape, &s->gi) || CheckSamples(r, s);
}

PetscErrorCode SgdSliceFileLoad(MPI_Comm comm, const char *path, SgdSliceFile *s) {
  SgdFieldFile r = {.path = path};
  Reading reading = {.slice = s};
  SgdSliceFile header;
  PetscMPIInt rank;
  int bad = 0, individuals;

  PetscFunctionBegin;
  *s = (SgdSliceFile){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) bad = SgdFieldFileRead(&r, ReadSliceFile, &reading);
  PetscCall(SgdAgree(comm, &bad));
  if (bad) {
    PetscCall(SgdSliceFileDestroy(s));
    PetscCall(SgdFail(comm, SGD_EXIT_FILES, "%s", r.text));
  }
  PetscCallMPI(MPI_Bcast(reading.verdict.warning, sizeof reading.verdict.warning, MPI_CHAR, 0, comm));
  if (*reading.verdict.warning) PetscCall(SgdWarn(comm, "%s: %s", path, reading.verdict.warning));
  PetscCallMPI(MPI_Bcast(reading.unknown, sizeof reading.unknown, MPI_CHAR, 0, comm));
  if (*reading.unknown) PetscCall(SgdWarn(comm, "%s: %s", path, reading.unknown));
  header = *s;
  individuals = s->gi != NULL;
  PetscCallMPI(MPI_Bcast(&header, (PetscMPIInt)sizeof header, MPI_BYTE, 0, comm));
  PetscCallMPI(MPI_Bcast(&individuals, 1, MPI_INT, 0, comm));
  if (rank) {
    *s = header;
    s->loss = s->g = s->C1 = s->gi = NULL;
  }
  PetscCall(SgdFieldFileShare(comm, s->total, &s->loss));
  PetscCall(SgdFieldFileShare(comm, s->total * s->dim, &s->g));
  PetscCall(SgdFieldFileShare(comm, s->total * s->dim * s->dim, &s->C1));
  if (individuals) PetscCall(SgdFieldFileShare(comm, s->total * s->samples * s->dim, &s->gi));
  PetscFunctionReturn(PETSC_SUCCESS);
}
