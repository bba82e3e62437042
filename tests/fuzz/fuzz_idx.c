/* The IDX reader: first byte the length of the labels' file, then that file, then the images'. */
#include "fuzz.h"
#include "cases/data/dataset.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  Input in = {data, size};
  char images[64], labels[64];
  SgdDatasetOptions o = {.source = "idx", .scale = 1, .file = images, .labels = labels};
  SgdDataset d;

  const size_t asked = Next(&in), length = PetscMin(asked, in.size);
  Name(images, sizeof images, "images");
  Name(labels, sizeof labels, "labels");
  WriteFile(labels, in.data, length);
  WriteFile(images, in.data + length, in.size - length);
  const PetscErrorCode ierr = SgdDatasetLoad(PETSC_COMM_SELF, &o, &d);
  Expected(ierr);
  if (!ierr) Expected(SgdDatasetDestroy(&d));
  return 0;
}
