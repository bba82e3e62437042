/* The reference point w_ref of a slice: where the landscape is looked at (THEORY.md (7)).

   Section `reference_point` of the case:
     point: [..]       the parameters themselves, for landscapes of few dimensions; or
     file, dataset     a vector of P numbers in an HDF5 file (dataset w); otherwise the landscape's own start
     steps             then so many steps of SGD (sample landscapes), batches drawn with replacement:
     learning_rate, batch_size, seed
     minimize          then a minimiser to |g| <= gradient_norm in at most max_iterations
     save              then the point is written to this HDF5 file */
#pragma once
#include "cases/landscapes/landscape.h"
#include "solver/reference_point/kept_training.h"
#include "solver/reference_point/reference_point.h"
#include <stdbool.h>

typedef struct {
  int steps, batch_size, seed, max_iterations;
  double learning_rate, gradient_norm, *point;
  unsigned point_count;
  bool minimize;
  char *file, *save, *dataset;
  char path[PETSC_MAX_PATH_LEN]; /* of `file`, which the case names relative to itself */
  SgdTrainingKeep keep;          /* while it is under way: no key, the command fills it in */
} SgdTrainingOptions;

/* The figures at the point; the caller checks that they are finite. */
typedef struct {
  PetscBool known; /* no: the point is a checkpoint's */
  double loss, gradient_norm, norm, seconds;
  double accuracy;     /* not a number: the landscape has none */
  PetscInt iterations; /* of the minimiser; below zero: it was not asked for */
} SgdTrained;

/* Read and check the section: nothing is computed. */
PETSC_INTERN PetscErrorCode SgdTrainingRead(SgdCase c, SgdLandscape l, SgdTrainingOptions **o);
/* w [P], the same bit for bit on any number of ranks. Collective. Errors: loss or parameters not finite, |g| not
 * reached (exit 3); files (exit 4). */
PETSC_INTERN PetscErrorCode SgdTrainingRun(SgdLandscape l, const SgdTrainingOptions *o, double *w, SgdTrained *trained);
PETSC_INTERN PetscErrorCode SgdTrainedView(const SgdTrained *t, MPI_Comm comm);
