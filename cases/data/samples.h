/* Labelled samples as they are held in memory: what the readers fill in and the preparation works on. Plain C. */
#pragma once
#include <stddef.h>

typedef struct {
  int samples, features, classes; /* classes: the different labels that occur */
  int test;         /* samples held out, which stand behind the others and have no part in these counts but classes */
  double *x;        /* [samples + test][features] by rows */
  size_t shared;    /* bytes of x where it lies once a node and is only read; 0: x is this rank's own */
  int *label;       /* [samples + test], 0 .. classes - 1 */
  int *class_label; /* [classes] the label of each class as it stands in the file, ascending */
  char doubt[256];  /* .. what of it may be meant otherwise: a warning; "" where nothing is. Rank 0 */
  char note[512];   /* for people: how the file was read; "" where there is nothing to say. Rank 0 */
} SgdDataset;

/* All that x and label hold: those held out, too. */
static inline size_t SgdDatasetRows(const SgdDataset *d) {
  return (size_t)d->samples + (size_t)d->test;
}
