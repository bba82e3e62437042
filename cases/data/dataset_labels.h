/* Class labels as they occur: any whole numbers (1 .. K, years, negative ones, with gaps). */
#pragma once
#include "cases/data/samples.h"

/* Count the different labels of d and number them in ascending order: d->classes, d->class_label [classes] (malloc),
   and d->label becomes 0 .. classes - 1. Nonzero: no memory. */
int SgdDatasetCountClasses(SgdDataset *d);
/* The labels for people where they are not 0 .. classes - 1 (else ""): "labels 1, 2, 5", cut where there are many. */
void SgdDatasetLabelsText(const SgdDataset *d, char *text, size_t room);
