/* All models' densities advanced together to common output steps, measured and written as they come. */
#pragma once
#include "solver/measures/history.h"
#include "solver/evolution/leap.h"
#include "solver/problem/models.h"

/* What is compared, and where it goes. */
typedef struct {
  SgdModels *models; /* of the schedule's first piece */
  int reference;     /* the model that the others are measured against */
  const SgdReference *point;
  const SgdSettings *settings;
  const SgdLeapOptions *leaps;
  const char *folder; /* for the files */
  int argc;           /* the command line, which the files record */
  char **argv;
  PetscErrorCode (*ready)(MPI_Comm comm); /* called when all solvers are there, before the first step; or NULL */
  double began;                           /* MPI_Wtime when the work began: the first checkpoint is due by it */
} SgdComparisonContext;

/* From the start, or on from a checkpoint, which is closed (NULL: a fresh start). Stops with exit 3 where the mass
   budget of a model is not kept. Free the history with SgdHistoryFree. */
PETSC_INTERN PetscErrorCode SgdCompareRun(const SgdComparisonContext *context, SgdCheckpoint *from, SgdHistory *h,
                                          double seconds[]);
PETSC_INTERN PetscErrorCode SgdHistoryFree(SgdHistory *h);
