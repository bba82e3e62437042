#include "cases/data/dataset_labels.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int Ascending(const void *a, const void *b) {
  const int x = *(const int *)a, y = *(const int *)b;

  return (x > y) - (x < y);
}

int SgdDatasetCountClasses(SgdDataset *d) {
  const size_t rows = SgdDatasetRows(d);
  int *sorted = malloc((rows + 1) * sizeof *sorted), count = 0;

  if (!sorted) return 1;
  memcpy(sorted, d->label, rows * sizeof *sorted);
  qsort(sorted, rows, sizeof *sorted, Ascending);
  for (size_t i = 0; i < rows; i++)
    if (!count || sorted[i] != sorted[count - 1]) sorted[count++] = sorted[i];
  for (size_t i = 0; i < rows; i++) {
    const int *at = bsearch(&d->label[i], sorted, (size_t)count, sizeof *sorted, Ascending);
    d->label[i] = (int)(at - sorted);
  }
  d->classes = count;
  d->class_label = sorted;
  return 0;
}

void SgdDatasetLabelsText(const SgdDataset *d, char *text, size_t room) {
  enum { SHOWN = 12 };
  size_t at;

  *text = '\0';
  if (d->classes && d->class_label[0] == 0 && d->class_label[d->classes - 1] == d->classes - 1) return;
  at = (size_t)snprintf(text, room, "labels");
  for (int k = 0; k < PetscMin(d->classes, SHOWN) && at < room; k++)
    at += (size_t)snprintf(text + at, room - at, "%s %d", k ? "," : "", d->class_label[k]);
  if (d->classes > SHOWN && at < room) snprintf(text + at, room - at, ", .. %d", d->class_label[d->classes - 1]);
}

PetscErrorCode SgdDatasetCheckClasses(MPI_Comm comm, const char *name, const SgdDataset *d) {
  int *seen, classes[2] = {0, 0};

  PetscFunctionBegin;
  if (d->test < 4 * d->classes) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscCalloc1(2 * d->classes, &seen));
  for (size_t i = 0; i < SgdDatasetRows(d); i++) {
    const int held = i >= (size_t)d->samples;
    classes[held] += !seen[2 * d->label[i] + held];
    seen[2 * d->label[i] + held] = 1;
  }
  PetscCall(PetscFree(seen));
  if (classes[0] < d->classes || classes[1] < d->classes)
    PetscCall(SgdWarn(
        comm, "landscape.data.test: of %d classes the %d samples held out have %d, the others %d: is %s sorted?",
        d->classes, d->test, classes[1], classes[0], name));
  PetscFunctionReturn(PETSC_SUCCESS);
}
