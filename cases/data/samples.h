/* Labelled samples as they are held in memory: what the readers fill in and the preparation works on. Plain C. */
#pragma once
#include <stddef.h>

typedef struct {
  int samples, features, classes; /* classes: the different labels that occur */
  double *x;                      /* [samples][features] by rows */
  int *label;                     /* [samples], 0 .. classes - 1 */
  int *class_label;               /* [classes] the label of each class as it stands in the file, ascending */
  char doubt[256];                /* .. what of it may be meant otherwise: a warning; "" where nothing is. Rank 0 */
  char note[512];                 /* for people: how the file was read; "" where there is nothing to say. Rank 0 */
} SgdDataset;
