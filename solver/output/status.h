/* status_<command>.json: how far the work of a command in a folder has come, for whoever finds the folder later. Its
   state is "running", "finished", "interrupted" or "failed"; one that says running while no lock is held was killed. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  char command[32], state[32], date[32]; /* UTC */
  PetscInt step, steps;                  /* of SGD: written to the files, wanted; 0 of 0 where there are none */
} SgdStatus;

/* The work begins: status "running", kept up to date from here on (there is one work a program). Collective; exit 4. */
PETSC_INTERN PetscErrorCode SgdStatusBegin(MPI_Comm comm, const char *folder, const char *command, PetscInt steps);
/* Output step `step` is in the files. Nothing happens where no work has begun. Collective; exit 4. */
PETSC_INTERN PetscErrorCode SgdStatusStep(PetscInt step);
/* All results are in the files. Collective; exit 4. */
PETSC_INTERN PetscErrorCode SgdStatusFinish(void);
/* The program ends with this exit code: what has begun and is not finished was interrupted by a signal, or failed. Not
   collective, and silent: the reason has been told, and may be the disk. */
PETSC_INTERN void SgdStatusEnd(int exit);
/* What is said of `command` in a folder; there: false where nothing is. Collective. */
PETSC_INTERN PetscErrorCode SgdStatusRead(MPI_Comm comm, const char *folder, const char *command, SgdStatus *s,
                                          PetscBool *there);
