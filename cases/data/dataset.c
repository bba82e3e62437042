#include "cases/data/datasetimpl.h"
#include "cases/data/dataset_labels.h"
#include "cases/data/dataset_prepare.h"
#include "cases/base/node_memory.h"
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#define SGD_FORMAT(format) &format,
static const SgdDatasetFormat *const formats[] = {
#include "cases/data/formats.def"
};
#undef SGD_FORMAT
enum { FORMATS = sizeof formats / sizeof *formats, MAX_LABEL = 999999999 };
enum { SHARED_FROM = 1 << 24 }; /* from so many bytes on features are kept once a node */

const char *const *SgdDatasetSources(void) {
  static const char *names[FORMATS + 1];

  for (int i = 0; i < FORMATS; i++) names[i] = formats[i]->name;
  return names;
}

int SgdDatasetNeeds(int source) {
  return formats[source]->needs;
}

const char *SgdDatasetReads(int source) {
  return formats[source]->reads;
}

int SgdDatasetBad(SgdDatasetProblem *problem, const char *format, ...) {
  va_list args;

  va_start(args, format);
  vsnprintf(problem->text, sizeof problem->text, format, args);
  va_end(args);
  problem->exit = SGD_EXIT_FILES;
  return 1;
}

int SgdDatasetOpen(const char *file, gzFile *stream, SgdDatasetProblem *problem) {
  const size_t length = strlen(file);

  *stream = gzopen(file, "rb");
  if (!*stream) return SgdDatasetBad(problem, "%s: cannot be opened", file);
  if (length > 3 && !strcmp(file + length - 3, ".gz") && gzdirect(*stream))
    return SgdDatasetBad(problem, "%s: is not gzip data, though its name ends in .gz", file);
  return 0;
}

int SgdDatasetAllocate(SgdDataset *d, SgdDatasetProblem *problem) {
  d->x = calloc(SgdDatasetRows(d) * (size_t)d->features, sizeof *d->x);
  d->label = calloc(SgdDatasetRows(d), sizeof *d->label);
  if (d->x && d->label) return 0;
  return SgdDatasetBad(problem, "not enough memory for %d samples of %d features", d->samples, d->features);
}

int SgdDatasetLabel(double value, int *label) {
  if (!(fabs(value) <= MAX_LABEL) || value != floor(value)) return 1;
  *label = (int)value;
  return 0;
}

static int Option(SgdDatasetProblem *problem, const char *text) {
  SgdDatasetBad(problem, "%s", text);
  problem->exit = SGD_EXIT_CASE;
  return 1;
}

/* What is held out are the samples after the first `limit`, else the last; everything is measured on those that remain. */
static int HoldOut(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  char text[256];

  d->test = o->test;
  d->samples -= o->test;
  if (d->samples >= PetscMax(1, o->test ? o->limit : 1)) return 0;
  snprintf(text, sizeof text, "landscape.data.test: of %d samples, %d cannot be held out and %d left",
           d->samples + o->test, o->test, PetscMax(1, o->limit));
  return Option(problem, text);
}

static int Prepare(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  const size_t count = (size_t)d->samples * (size_t)d->features;

  for (size_t i = 0; i < count; i++)
    if (!isfinite(d->x[i]))
      return SgdDatasetBad(problem, "%s: feature %zu of sample %zu is not a finite number", o->file,
                           i % (size_t)d->features, i / (size_t)d->features);
  if (o->pool && SgdDatasetPool(d, o->pool)) {
    char text[256];
    snprintf(text, sizeof text,
             "landscape.data.pool: %d features are not a square image of a side of at least %d that could be averaged",
             d->features, o->pool);
    return Option(problem, text);
  }
  if (HoldOut(o, d, problem)) return 1;
  SgdDatasetScale(d, o->scale);
  if (o->standardize) SgdDatasetStandardize(d);
  if (SgdDatasetCountClasses(d)) return SgdDatasetBad(problem, "%s: out of memory", o->file);
  return 0;
}

static int ReadDatasetHere(const SgdDatasetOptions *o, SgdDataset *d, SgdDatasetProblem *problem) {
  SgdDatasetOptions all = *o;

  if (o->limit) all.limit += o->test;
  for (int i = 0; i < FORMATS; i++)
    if (!strcmp(formats[i]->name, o->source)) return formats[i]->read(&all, d, problem) || Prepare(o, d, problem);
  return Option(problem, "landscape.data.source: unknown");
}

/* MPI counts are ints: a long array travels in pieces. */
static PetscErrorCode Broadcast(MPI_Comm comm, double *x, size_t count) {
  const size_t piece = (size_t)1 << 26;

  PetscFunctionBegin;
  for (size_t first = 0; first < count; first += piece)
    PetscCallMPI(MPI_Bcast(x + first, (PetscMPIInt)PetscMin(piece, count - first), MPI_DOUBLE, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShareShape(MPI_Comm comm, SgdDataset *d) {
  int shape[4] = {d->samples, d->features, d->classes, d->test};

  PetscFunctionBegin;
  PetscCallMPI(MPI_Bcast(shape, 4, MPI_INT, 0, comm));
  d->samples = shape[0];
  d->features = shape[1];
  d->classes = shape[2];
  d->test = shape[3];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Room for the features: where they are large and the node has several ranks and memory to share, once for all of
   these, into which rank 0's move; else this rank's own. */
static PetscErrorCode Room(MPI_Comm node, SgdDataset *d) {
  const size_t bytes = SgdDatasetRows(d) * (size_t)d->features * sizeof *d->x;
  PetscMPIInt ranks;
  void *at = NULL;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(node, &ranks));
  if (ranks > 1 && bytes >= SHARED_FROM) PetscCall(SgdNodeArrayMap(node, bytes, &at));
  if (!at) {
    if (!d->x) d->x = calloc(1, bytes);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (d->x) memcpy(at, d->x, bytes);
  free(d->x);
  d->x = at;
  d->shared = bytes;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* To those ranks that have room of their own, and to the first of each node that shares one. */
static PetscErrorCode ShareFeatures(MPI_Comm comm, MPI_Comm node, SgdDataset *d) {
  MPI_Comm filling;
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(node, &rank));
  PetscCallMPI(MPI_Comm_split(comm, rank && d->shared ? MPI_UNDEFINED : 0, 0, &filling));
  if (filling != MPI_COMM_NULL) {
    PetscCall(Broadcast(filling, d->x, SgdDatasetRows(d) * (size_t)d->features));
    PetscCallMPI(MPI_Comm_free(&filling));
  }
  PetscCallMPI(MPI_Barrier(node));
  if (d->shared) mprotect(d->x, d->shared, PROT_READ);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShareDataset(MPI_Comm comm, SgdDataset *d) {
  MPI_Comm node;
  int bad;

  PetscFunctionBegin;
  PetscCall(ShareShape(comm, d));
  PetscCallMPI(MPI_Comm_split_type(comm, MPI_COMM_TYPE_SHARED, 0, MPI_INFO_NULL, &node));
  PetscCall(Room(node, d));
  if (!d->label) d->label = calloc(SgdDatasetRows(d), sizeof *d->label);
  if (!d->class_label) d->class_label = calloc((size_t)d->classes + 1, sizeof *d->class_label);
  bad = !d->x || !d->label || !d->class_label;
  PetscCall(SgdAgree(comm, &bad));
  if (bad)
    PetscCall(SgdFail(comm, SGD_EXIT_FILES, "not enough memory for %d samples of %d features on every rank", d->samples,
                      d->features));
  PetscCall(ShareFeatures(comm, node, d));
  PetscCallMPI(MPI_Comm_free(&node));
  PetscCallMPI(MPI_Bcast(d->label, (PetscMPIInt)SgdDatasetRows(d), MPI_INT, 0, comm));
  PetscCallMPI(MPI_Bcast(d->class_label, d->classes, MPI_INT, 0, comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDatasetLoad(MPI_Comm comm, const SgdDatasetOptions *options, SgdDataset *d) {
  SgdDatasetProblem problem = {SGD_EXIT_FILES, ""};
  PetscMPIInt rank;
  int bad = 0;

  PetscFunctionBegin;
  *d = (SgdDataset){0};
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && ReadDatasetHere(options, d, &problem)) bad = (int)problem.exit;
  PetscCallMPI(MPI_Bcast(&bad, 1, MPI_INT, 0, comm));
  if (bad) {
    PetscCall(SgdDatasetDestroy(d));
    PetscCall(SgdFail(comm, (SgdExit)bad, "%s", problem.text)); /* rank 0 prints, and rank 0 knows the text */
  }
  PetscCall(ShareDataset(comm, d));
  PetscCallMPI(MPI_Bcast(d->doubt, sizeof d->doubt, MPI_CHAR, 0, comm));
  PetscCall(SgdDatasetCheckClasses(comm, options->file && *options->file ? options->file : options->source, d));
  if (*d->doubt) PetscCall(SgdWarn(comm, "%s: %s", options->file, d->doubt));
  if (d->classes > 10 && 2 * d->classes > d->samples)
    PetscCall(SgdWarn(comm, "%s: %d different labels in %d samples: is this the column of the labels?",
                      options->file && *options->file ? options->file : options->source, d->classes, d->samples));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdDatasetDestroy(SgdDataset *d) {
  if (d->shared)
    munmap(d->x, d->shared);
  else
    free(d->x);
  free(d->label);
  free(d->class_label);
  *d = (SgdDataset){0};
  return PETSC_SUCCESS;
}
