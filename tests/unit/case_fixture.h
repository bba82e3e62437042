/* What the tests of the case file share: a folder of their own, and a struct with every kind of value and
   its schema. */
#pragma once
#include "cases/file/case.h"
#include "folder_fixture.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

typedef struct {
  double tolerance;
  int limit;
} Solver;

typedef struct {
  double learning_rate, momentum;
  int batch_size;
  uint8_t threads;
  int64_t seed;
  bool replacement;
  char *label;
  int sampling;
  double *extent;
  unsigned extent_count;
  double box[2];
  Solver solver;
  uint8_t bits;
} Sgd;

typedef struct {
  char *model;
  int order;
} Model;

static const cyaml_strval_t samplings[] = {{"with_replacement", 0}, {"without_replacement", 1}};
static const cyaml_bitdef_t bits[] = {{.name = "low", .offset = 0, .bits = 2}};
static const cyaml_schema_value_t number = {CYAML_VALUE_FLOAT(CYAML_FLAG_DEFAULT, double)};
static const cyaml_schema_field_t solver_fields[] = {
    CYAML_FIELD_FLOAT("tolerance", CYAML_FLAG_DEFAULT, Solver, tolerance),
    CYAML_FIELD_INT("limit", CYAML_FLAG_OPTIONAL, Solver, limit), CYAML_FIELD_END};
static const cyaml_schema_field_t sgd_fields[] = {
    CYAML_FIELD_FLOAT("learning_rate", CYAML_FLAG_DEFAULT, Sgd, learning_rate),
    CYAML_FIELD_FLOAT("momentum", CYAML_FLAG_OPTIONAL, Sgd, momentum),
    CYAML_FIELD_INT("batch_size", CYAML_FLAG_DEFAULT, Sgd, batch_size),
    CYAML_FIELD_UINT("threads", CYAML_FLAG_OPTIONAL, Sgd, threads),
    CYAML_FIELD_INT("seed", CYAML_FLAG_OPTIONAL, Sgd, seed),
    CYAML_FIELD_BOOL("replacement", CYAML_FLAG_OPTIONAL, Sgd, replacement),
    CYAML_FIELD_STRING_PTR("label", CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, Sgd, label, 1, 20),
    CYAML_FIELD_ENUM("sampling", CYAML_FLAG_OPTIONAL, Sgd, sampling, samplings, CYAML_ARRAY_LEN(samplings)),
    {.key = "extent",
     .data_offset = offsetof(Sgd, extent),
     .count_offset = offsetof(Sgd, extent_count),
     .count_size = sizeof(unsigned),
     .value = {CYAML_VALUE_SEQUENCE(CYAML_FLAG_POINTER | CYAML_FLAG_OPTIONAL, double, &number, 1, 3)}},
    {.key = "box",
     .data_offset = offsetof(Sgd, box),
     .value = {CYAML_VALUE_SEQUENCE_FIXED(CYAML_FLAG_OPTIONAL, double, &number, 2)}},
    CYAML_FIELD_MAPPING("solver", CYAML_FLAG_OPTIONAL, Sgd, solver, solver_fields),
    {.key = "bits",
     .data_offset = offsetof(Sgd, bits),
     .value = {CYAML_VALUE_BITFIELD(CYAML_FLAG_OPTIONAL, uint8_t, bits, CYAML_ARRAY_LEN(bits))}},
    CYAML_FIELD_END};
static const cyaml_schema_value_t sgd_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, Sgd, sgd_fields)};
static const cyaml_schema_field_t model_fields[] = {
    CYAML_FIELD_STRING_PTR("model", CYAML_FLAG_POINTER, Model, model, 0, CYAML_UNLIMITED),
    CYAML_FIELD_INT("order", CYAML_FLAG_OPTIONAL, Model, order), CYAML_FIELD_END};
static const cyaml_schema_value_t model_schema = {CYAML_VALUE_MAPPING(CYAML_FLAG_POINTER, Model, model_fields)};
static const char sgd_defaults[] = "momentum: 0\nthreads: 1\nextent: [1, 2, 3]\nsolver: {tolerance: 1e-8, limit: 50}\n";

/* Rank 0 writes a file in the test's folder; `path` gets its name. */
static void WriteFile(const char *name, const char *text, size_t length, char path[128]) {
  FILE *file;

  snprintf(path, 128, "%s/%s", folder, name);
  if (!rank) {
    file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, length, file), length);
    assert_int_equal(fclose(file), 0);
  }
  MPI_Barrier(PETSC_COMM_WORLD);
}
