/* The part `data` of section `landscape`: its keys, their defaults, and the data they stand for. */
#pragma once
#include "cases/file/case.h"
#include "cases/data/dataset.h"
#include <stdbool.h>

/* The keys as they stand in the case; their meaning is that of SgdDatasetOptions (x and y: names in an HDF5 file). */
typedef struct {
  char *source, *file, *labels, *x, *y, *header, *label_column;
  int limit, test, pool, samples, features, classes, seed;
  double scale, spread;
  bool standardize;
} SgdDatasetSection;

/* For CYAML_FIELD_MAPPING("data", ...) in the schema of a landscape, and at the head of its defaults. */
extern const cyaml_schema_field_t SgdDatasetFields[];
#define SGD_DATASET_DEFAULTS                                                                                           \
  "data: {source: digits, file: '', labels: '', x: x, y: y, label_column: -1, header: auto, limit: 0, test: 0, pool: " \
  "0, "                                                                                                                \
  "scale: 0, standardize: false, samples: 256, features: 8, classes: 4, spread: 1, seed: 1}\n"

/* Check the keys and load. Collective. Errors: a wrong value, or data of one class only (exit 2, naming
   landscape.data.<key>); files (exit 4). */
PETSC_INTERN PetscErrorCode SgdDatasetFromCase(SgdCase c, const SgdDatasetSection *section, SgdDataset *d);
