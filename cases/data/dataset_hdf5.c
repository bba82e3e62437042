/* An HDF5 file with features x [N, ...] (all but the first dimension are flattened) and labels y [N]. */
#include "cases/data/datasetimpl.h"
#include "cases/base/hdf5_filters.h"
#include "cases/base/serial_hdf5.h"
#include "cases/file/nearest.h"
#include <stdlib.h>
#include <string.h>

enum { MAX_RANK = 8 };

typedef struct {
  hid_t set, space;
  int rank;
  hsize_t size[MAX_RANK];
} Array;

static int IsNumeric(hid_t set) {
  const hid_t type = H5Dget_type(set);
  const H5T_class_t kind = H5Tget_class(type);

  H5Tclose(type);
  return kind == H5T_INTEGER || kind == H5T_FLOAT || kind == H5T_ENUM;
}

enum { SHOWN = 16 }; /* names of the file that a message looks through */

typedef struct {
  int count;
  char *name[SHOWN];
} Names;

static herr_t KeepName(hid_t file, const char *name, const H5L_info_t *info, void *to) {
  Names *names = to;

  (void)file, (void)info;
  if (names->count < SHOWN && (names->name[names->count] = strdup(name))) names->count++;
  return 0;
}

static int NoDataset(hid_t file, const char *path, const char *key, const char *name, SgdDatasetProblem *problem) {
  Names names = {0};
  char hint[256];

  H5Literate(file, H5_INDEX_NAME, H5_ITER_INC, NULL, KeepName, &names);
  SgdWordHint(name, names.count, (const char *const *)names.name, hint, sizeof hint);
  for (int k = 0; k < names.count; k++) free(names.name[k]);
  return SgdDatasetBad(problem, "%s: has no dataset '%s' (landscape.data.%s)%s", path, name, key, hint);
}

static int DatasetOpen_HDF5(Array *a, hid_t file, const char *path, const char *key, const char *name,
                            SgdDatasetProblem *problem) {
  char why[256];

  a->set = H5Dopen2(file, name, H5P_DEFAULT);
  if (a->set < 0) return NoDataset(file, path, key, name, problem);
  a->space = H5Dget_space(a->set);
  a->rank = H5Sget_simple_extent_ndims(a->space);
  if (a->rank < 1 || a->rank > MAX_RANK || !IsNumeric(a->set))
    return SgdDatasetBad(problem, "%s: dataset '%s' is not an array of numbers", path, name);
  if (*SgdHDF5Obstacle(a->set, why, sizeof why)) return SgdDatasetBad(problem, "%s: dataset '%s' %s", path, name, why);
  H5Sget_simple_extent_dims(a->space, a->size, NULL);
  for (int k = 0; k < a->rank; k++)
    if (!a->size[k]) return SgdDatasetBad(problem, "%s: dataset '%s' is empty", path, name);
  if (*SgdHDF5Hollow(a->set, path, why, sizeof why))
    return SgdDatasetBad(problem, "%s: dataset '%s' %s", path, name, why);
  return 0;
}

static void DatasetClose_HDF5(Array *a) {
  if (a->space >= 0) H5Sclose(a->space);
  if (a->set >= 0) H5Dclose(a->set);
}

/* The first `samples` items along the first dimension, as doubles. */
static int ReadFirst(Array *a, hsize_t samples, double *to) {
  hsize_t start[MAX_RANK] = {0}, count[MAX_RANK];
  hid_t memory;
  herr_t status;

  for (int k = 0; k < a->rank; k++) count[k] = k ? a->size[k] : samples;
  H5Sselect_hyperslab(a->space, H5S_SELECT_SET, start, NULL, count, NULL);
  memory = H5Screate_simple(a->rank, count, NULL);
  status = H5Dread(a->set, H5T_NATIVE_DOUBLE, memory, a->space, H5P_DEFAULT, to);
  H5Sclose(memory);
  return status < 0;
}

static int Labels(Array *y, const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  double *value = malloc((size_t)d->samples * sizeof *value);
  int bad = value ? 0 : SgdDatasetBad(problem, "%s: out of memory", o->file);

  if (!bad && ReadFirst(y, (hsize_t)d->samples, value))
    bad = SgdDatasetBad(problem, "%s: dataset '%s' cannot be read (corrupt?)", o->file, o->y_name);
  for (int i = 0; !bad && i < d->samples; i++)
    if (SgdDatasetLabel(value[i], &d->label[i]))
      bad = SgdDatasetBad(problem, "%s: dataset '%s': label %g of sample %d is not an integer of at most 9 digits",
                          o->file, o->y_name, value[i], i);
  free(value);
  return bad;
}

static int Content(Array *x, Array *y, const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  hsize_t features = 1, labels = 1;

  for (int k = 1; k < x->rank; k++) features *= x->size[k];
  for (int k = 1; k < y->rank; k++) labels *= y->size[k];
  if (labels > 1 && x->size[0] == y->size[0])
    return SgdDatasetBad(problem,
                         "%s: '%s' holds %llu numbers a sample: one label a sample is expected (the class's number)",
                         o->file, o->y_name, (unsigned long long)labels);
  if (labels != 1 || x->size[0] != y->size[0])
    return SgdDatasetBad(problem, "%s: '%s' has %llu samples, '%s' has %llu labels of %llu numbers: they do not fit",
                         o->file, o->x_name, (unsigned long long)x->size[0], o->y_name, (unsigned long long)y->size[0],
                         (unsigned long long)labels);
  if (x->size[0] > INT32_MAX || features > INT32_MAX)
    return SgdDatasetBad(problem, "%s: '%s' is too large: at most 2^31 - 1 samples and features", o->file, o->x_name);
  d->samples = o->limit > 0 && (hsize_t)o->limit < x->size[0] ? o->limit : (int)x->size[0];
  d->features = (int)features;
  if (SgdDatasetAllocate(d, problem)) return 1;
  if (ReadFirst(x, (hsize_t)d->samples, d->x))
    return SgdDatasetBad(problem, "%s: dataset '%s' cannot be read (corrupt?)", o->file, o->x_name);
  return Labels(y, o, d, problem);
}

static int ReadDatasets(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  const hid_t file = H5Fopen(o->file, H5F_ACC_RDONLY, H5P_DEFAULT);
  Array x = {-1, -1, 0, {0}}, y = {-1, -1, 0, {0}};
  int bad;

  if (file < 0) return SgdDatasetBad(problem, "%s: is not a readable HDF5 file", o->file);
  bad = DatasetOpen_HDF5(&x, file, o->file, "x", o->x_name, problem) ||
        DatasetOpen_HDF5(&y, file, o->file, "y", o->y_name, problem) || Content(&x, &y, o, d, problem);
  DatasetClose_HDF5(&x);
  DatasetClose_HDF5(&y);
  H5Fclose(file);
  return bad;
}

/* HDF5 prints a stack of its own for what is expected here; it is silenced meanwhile. */
static int DatasetRead_HDF5(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  SgdHDF5Errors before;
  int bad;

  SgdHDF5Quiet(&before);
  bad = ReadDatasets(o, d, problem);
  SgdHDF5AsBefore(&before);
  return bad;
}

const SgdDatasetFormat SgdDatasetHDF5 = {"hdf5", SGD_NEEDS_FILE, "file x y", DatasetRead_HDF5};
