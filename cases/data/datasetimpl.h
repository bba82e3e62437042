/* What a data format fills in: plain C, called on one rank only. */
#pragma once
#include "cases/data/dataset.h"
#include <zlib.h>

/* Why reading failed, for people. */
typedef struct {
  SgdExit exit;
  char text[1024];
} SgdDatasetProblem;

/* Fill in samples, features, x and label (malloc) of an empty d; labels are those of the file. At most
   options->limit samples if that is positive. Nonzero: failed, the reason in the message; d may be partly filled. */
typedef struct {
  const char *name;
  int needs;         /* SgdDatasetNeed, added up */
  const char *reads; /* the keys that are its own, beside limit, pool, scale and standardize, which all take */
  int (*read)(const SgdDatasetOptions *options, SgdDataset *d, SgdDatasetProblem *problem);
} SgdDatasetFormat;

#define SGD_FORMAT(format) extern const SgdDatasetFormat format;
#include "cases/data/formats.def"
#undef SGD_FORMAT

/* Tell a problem with a file (exit 4) and return 1: return SgdDatasetBad(problem, "%s: ...", file). */
int SgdDatasetBad(SgdDatasetProblem *problem, const char *format, ...) PETSC_ATTRIBUTE_FORMAT(2, 3);
/* Open a file, gzipped or not. Nonzero: it is missing, or no gzip data though its name ends in .gz; *stream, where it is
   not NULL, is to be closed all the same. */
int SgdDatasetOpen(const char *file, gzFile *stream, SgdDatasetProblem *problem);
/* Allocate x and label of d for its samples and features. */
int SgdDatasetAllocate(SgdDataset *d, SgdDatasetProblem *problem);
/* A label read as a number: 0 if it is an integer in range. */
int SgdDatasetLabel(double value, int *label);
