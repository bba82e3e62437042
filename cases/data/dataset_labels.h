/* Class labels as they occur: any whole numbers (1 .. K, years, negative ones, with gaps). */
#pragma once
#include "cases/base/base.h"
#include "cases/data/samples.h"

/* Count the different labels of d and number them in ascending order: d->classes, d->class_label [classes] (malloc),
   and d->label becomes 0 .. classes - 1. Nonzero: no memory. */
int SgdDatasetCountClasses(SgdDataset *d);
/* The labels for people where they are not 0 .. classes - 1 (else ""): "labels 1, 2, 5", cut where there are many. */
void SgdDatasetLabelsText(const SgdDataset *d, char *text, size_t room);
/* Warn where the samples held out, or the others, have fewer classes than both: a sorted file has other classes at its end
   than before. name: the file, for people. Collective. */
PETSC_INTERN PetscErrorCode SgdDatasetCheckClasses(MPI_Comm comm, const char *name, const SgdDataset *d);
