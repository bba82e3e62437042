/* Labelled data for landscapes: read on rank 0, prepared, then the same on every rank; large ones once a node.

   A format is one file dataset_<name>.c with one reader and one line in formats.def. Sources:
     csv        a table of numbers as text, .gz or not: one separator a file (, ; | tab, or blanks), decimal points or
                decimal commas, all rows of one width; # begins a comment line; a first line of names, or of column
                numbers (0, 1, 2, ..), is a header, and where that is not certain `header` must say it
     idx        MNIST's files, .gz or not: `file` holds the images, `labels` the labels
     hdf5       datasets x [N, ...] and y [N], names by choice
     digits     scikit-learn's 1797 digits as Debian ships them
     synthetic  Gaussian blobs, one a class, from a seed */
#pragma once
#include "cases/base/base.h"
#include "cases/data/samples.h"

typedef struct {
  const char *source, *file, *labels; /* paths that exist; unused ones may be NULL or empty */
  const char *x_name, *y_name;        /* hdf5 */
  int label_column;                   /* csv: counted from 0; negative: from the end, -1 is the last */
  const char *label_name;             /* csv: its name in the header instead; NULL or "": by number */
  int header;                         /* csv: 0: found out; 1: the first line is one, 2: it is none */
  int limit;                          /* the first so many samples; 0: all */
  int test;                           /* held out: so many after them, or the last of all; 0: none */
  int pool;                           /* side that square images are averaged down to; 0: as they are */
  double scale;                       /* features are divided by it; 0: by the largest magnitude */
  PetscBool standardize;              /* every feature to mean 0, variance 1 (constant features to 0) */
  int samples, features, classes;     /* synthetic */
  double spread;                      /* synthetic: standard deviation within a blob; the centres have 1 */
  int seed;                           /* synthetic */
} SgdDatasetOptions;

typedef enum { SGD_NEEDS_FILE = 1, SGD_NEEDS_LABELS = 2 } SgdDatasetNeed;

/* NULL-terminated names of the sources; which files one of them, by its place there, needs: SgdDatasetNeed; and the keys
   that are read by it and not by all, with blanks between them. */
const char *const *SgdDatasetSources(void);
int SgdDatasetNeeds(int source);
const char *SgdDatasetReads(int source);

/* Read and prepare. Collective. Exit 4 for files that are missing, corrupt, or not what they should be, naming the
   file and, for text, the line; exit 2 for options that do not fit the data (pool on images that are not square). */
PETSC_INTERN PetscErrorCode SgdDatasetLoad(MPI_Comm comm, const SgdDatasetOptions *options, SgdDataset *d);
PETSC_INTERN PetscErrorCode SgdDatasetDestroy(SgdDataset *d);
