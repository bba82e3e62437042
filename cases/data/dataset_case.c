#include "cases/data/dataset_case.h"
#include "cases/file/case_types.h"
#include "cases/file/choice.h"
#include "cases/file/unread.h"
#include <limits.h>
#include <stdlib.h>
#include <string.h>

const cyaml_schema_field_t SgdDatasetFields[] = {SGD_STRING("source", SgdDatasetSection, source),
                                                 SGD_STRING("file", SgdDatasetSection, file),
                                                 SGD_STRING("labels", SgdDatasetSection, labels),
                                                 SGD_STRING("x", SgdDatasetSection, x),
                                                 SGD_STRING("y", SgdDatasetSection, y),
                                                 SGD_STRING("label_column", SgdDatasetSection, label_column),
                                                 SGD_STRING("header", SgdDatasetSection, header),
                                                 SGD_INTEGER("limit", SgdDatasetSection, limit),
                                                 SGD_INTEGER("test", SgdDatasetSection, test),
                                                 SGD_INTEGER("pool", SgdDatasetSection, pool),
                                                 SGD_NUMBER("scale", SgdDatasetSection, scale),
                                                 SGD_BOOL("standardize", SgdDatasetSection, standardize),
                                                 SGD_INTEGER("samples", SgdDatasetSection, samples),
                                                 SGD_INTEGER("features", SgdDatasetSection, features),
                                                 SGD_INTEGER("classes", SgdDatasetSection, classes),
                                                 SGD_NUMBER("spread", SgdDatasetSection, spread),
                                                 SGD_INTEGER("seed", SgdDatasetSection, seed),
                                                 CYAML_FIELD_END};

/* In the order of SgdDatasetOptions.header. */
static const char *const headers[] = {"auto", "true", "false", NULL};

static PetscErrorCode CheckData(SgdCase c, const SgdDatasetSection *o) {
  PetscFunctionBegin;
  SgdCaseCheck(c, o->limit >= 0, "landscape.data.limit", "must not be negative, got %d", o->limit);
  SgdCaseCheck(c, o->test >= 0 && o->test <= INT_MAX - o->limit, "landscape.data.test",
               "expected 0 or a number of samples, got %d", o->test);
  SgdCaseCheck(c, o->pool >= 0, "landscape.data.pool", "must not be negative, got %d", o->pool);
  SgdCaseCheck(c, o->scale >= 0, "landscape.data.scale", "must not be negative, got %g", o->scale);
  SgdCaseCheck(c, o->spread >= 0, "landscape.data.spread", "must not be negative, got %g", o->spread);
  SgdCaseCheck(c, o->samples >= 1, "landscape.data.samples", "must be at least 1, got %d", o->samples);
  SgdCaseCheck(c, o->features >= 1, "landscape.data.features", "must be at least 1, got %d", o->features);
  SgdCaseCheck(c, o->classes >= 2, "landscape.data.classes", "must be at least 2, got %d", o->classes);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindFile(SgdCase c, const char *key, const char *name, int needed, char *path) {
  PetscFunctionBegin;
  *path = '\0';
  SgdCaseCheck(c, !needed || *name, key, "this source needs a file name here");
  if (*name) PetscCall(SgdCaseFile(c, key, name, path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the source does not read; against SGD_DATASET_DEFAULTS. */
static PetscErrorCode CheckUnread(SgdCase c, const SgdDatasetSection *o, int source) {
  const SgdGivenKey key[] = {{"file", (PetscBool)(*o->file != 0)},
                             {"labels", (PetscBool)(*o->labels != 0)},
                             {"x", (PetscBool)(strcmp(o->x, "x") != 0)},
                             {"y", (PetscBool)(strcmp(o->y, "y") != 0)},
                             {"label_column", (PetscBool)(strcmp(o->label_column, "-1") != 0)},
                             {"header", (PetscBool)(strcmp(o->header, "auto") != 0)},
                             {"samples", (PetscBool)(o->samples != 256)},
                             {"features", (PetscBool)(o->features != 8)},
                             {"classes", (PetscBool)(o->classes != 4)},
                             {"spread", (PetscBool)(o->spread != 1)},
                             {"seed", (PetscBool)(o->seed != 1)}};

  return SgdCaseUnread(c, "landscape.data", "source", o->source, SgdDatasetReads(source), sizeof key / sizeof *key,
                       key);
}

/* A whole number counts the columns, anything else is a name. */
static void LabelColumn(const char *text, SgdDatasetOptions *options) {
  char *end;
  const long number = strtol(text, &end, 10);

  if (*text && !*end && number >= INT_MIN && number <= INT_MAX)
    options->label_column = (int)number;
  else
    options->label_name = text;
}

PetscErrorCode SgdDatasetFromCase(SgdCase c, const SgdDatasetSection *o, SgdDataset *d) {
  char file[PETSC_MAX_PATH_LEN], labels[PETSC_MAX_PATH_LEN];
  int source, header;

  PetscFunctionBegin;
  PetscCall(SgdCaseChoice(c, "landscape.data.source", SgdDatasetSources(), o->source, &source));
  PetscCall(SgdCaseChoice(c, "landscape.data.header", headers, o->header, &header));
  PetscCall(CheckData(c, o));
  PetscCall(CheckUnread(c, o, source));
  PetscCall(FindFile(c, "landscape.data.file", o->file, SgdDatasetNeeds(source) & SGD_NEEDS_FILE, file));
  PetscCall(FindFile(c, "landscape.data.labels", o->labels, SgdDatasetNeeds(source) & SGD_NEEDS_LABELS, labels));
  SgdDatasetOptions options = {.source = o->source,
                               .file = file,
                               .labels = labels,
                               .x_name = o->x,
                               .y_name = o->y,
                               .header = header,
                               .limit = o->limit,
                               .test = o->test,
                               .pool = o->pool,
                               .scale = o->scale,
                               .standardize = (PetscBool)o->standardize,
                               .samples = o->samples,
                               .features = o->features,
                               .classes = o->classes,
                               .spread = o->spread,
                               .seed = o->seed};
  LabelColumn(o->label_column, &options);
  PetscCall(SgdDatasetLoad(SgdCaseComm(c), &options, d));
  SgdCaseCheck(c, d->classes >= 2, "landscape.data", "all %d samples have the same label %d: there is nothing to learn",
               d->samples, d->class_label[0]);
  PetscFunctionReturn(PETSC_SUCCESS);
}
