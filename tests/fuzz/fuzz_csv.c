/* The CSV reader: any bytes are a table, whole and finite, or a user's error. First three bytes: header, label column,
   limit. */
#include "fuzz.h"
#include "cases/data/dataset.h"
#include <math.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input in = {data, size};
  SgdDatasetOptions o = {.source = "csv", .scale = 1};
  char path[64];
  SgdDataset d;

  o.header = Next(&in) % 3;
  o.label_column = (int8_t)Next(&in) % 8;
  o.limit = Next(&in) % 16;
  o.file = path;
  Name(path, sizeof path, "csv");
  WriteFile(path, in.data, in.size);
  const PetscErrorCode ierr = SgdDatasetLoad(PETSC_COMM_SELF, &o, &d);
  Expected(ierr);
  for (int i = 0; !ierr && i < d.samples; i++) {
    if (d.label[i] < 0 || d.label[i] >= d.classes) abort();
    for (int j = 0; j < d.features; j++)
      if (!isfinite(d.x[(size_t)i * (size_t)d.features + (size_t)j])) abort();
  }
  if (!ierr) Expected(SgdDatasetDestroy(&d));
  return 0;
}
