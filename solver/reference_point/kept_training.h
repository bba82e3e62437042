/* Training under way, kept in the folder of the work: training.h5, written every so often and when a signal asks to
   stop, from which the same command goes on. The descent goes on bit for bit; the minimiser begins anew at its last
   point. What belongs to another case, or to other data, is refused: it is somebody's work. */
#pragma once
#include "cases/landscapes/landscape.h"

#define SGD_TRAINING "training.h5"

/* Of a command that has a folder; without a path nothing is kept. */
typedef struct {
  char path[PETSC_MAX_PATH_LEN];
  double interval;  /* seconds between two writes; 0: only when a signal asks */
  PetscBool anew;   /* what is there may go */
  double case_mark; /* of the sections that the point follows from */
} SgdTrainingKeep;

/* The training under way. */
typedef struct {
  const SgdTrainingKeep *keep;
  SgdLandscape landscape;
  PetscInt step, steps; /* of the descent */
  PetscBool found;      /* nothing is left to do: the point is the last one */
  PetscBool written;
  double saved; /* MPI_Wtime of the last write */
} SgdTrainingState;

/* A number of 52 bits for these texts. */
PETSC_INTERN double SgdTrainingMark(int count, const char *const text[]);
/* Begin at w [P], or where an earlier command stopped: w, state->step and state->found are then its own. From here on
   signals wait for a look. Exit 4: the file there is of other work. Collective. */
PETSC_INTERN PetscErrorCode SgdTrainingBegin(const SgdTrainingKeep *keep, SgdLandscape l, PetscInt steps, double *w,
                                             SgdTrainingState *state);
/* Rank 0, after a step of the descent: write w if it is time. *stop: a signal asks to end; *error: errno of a failure. */
PETSC_INTERN void SgdTrainingStepped(SgdTrainingState *state, const double *w, int *stop, int *error);
/* What came of that: the end, with the words of how to go on, where a signal asks for it. Collective. */
PETSC_INTERN PetscErrorCode SgdTrainingStopped(const SgdTrainingState *state, int stop, int error);
/* The same in one call that all ranks make, of a minimiser at w. Collective. */
PETSC_INTERN PetscErrorCode SgdTrainingLook(SgdTrainingState *state, const double *w);
/* w is the reference point: kept where it was long in coming, for the commands' other parts. Collective. */
PETSC_INTERN PetscErrorCode SgdTrainingFound(SgdTrainingState *state, const double *w, double seconds);
/* The work is done. Collective. */
PETSC_INTERN PetscErrorCode SgdTrainingForget(const SgdTrainingKeep *keep, MPI_Comm comm);
