/* Signals that ask the program to stop: SIGTERM, SIGINT (Ctrl-C), SIGUSR1 (the one that mpiexec passes on to its
   ranks), SIGHUP (not under nohup), SIGQUIT, SIGPIPE, SIGUSR2, SIGXCPU, SIGALRM. As a rule they end the program at once,
   with one line on rank 0's stderr and exit code 128 + n. Work that can be continued holds them: a signal is then noted,
   and the next check (watch.h) writes a checkpoint first. Where no check comes within four seconds in work that
   is known to have none (twenty elsewhere), or a second signal comes two seconds later or more, the program ends at once
   all the same: the last checkpoint stands. */
#pragma once
#include "cases/base/base.h"

#define SGD_KEEPS_NOTHING    "of this part nothing is kept"
#define SGD_KEEPS_CHECKPOINT "the last checkpoint stands, and the same command goes on from it"
#define SGD_KEEPS_RUNS       "the runs that are done are kept, and the same command goes on with the others"

/* Once, after SlepcInitialize, which has handlers of its own. */
PETSC_INTERN PetscErrorCode SgdInterruptInstall(void);
/* A closed pipe ends what only shows, as in `sgdfp help | head`, without a word. */
PETSC_INTERN PetscErrorCode SgdInterruptShows(void);
/* Note signals from here on, and no longer. */
PETSC_INTERN void SgdInterruptHold(void);
PETSC_INTERN void SgdInterruptRelease(void);
/* The signal noted on this rank; 0: none. */
PETSC_INTERN int SgdInterruptPending(void);
/* All ranks know of it, and stop: however long the checkpoint takes. */
PETSC_INTERN void SgdInterruptAnswered(void);
/* Does work without checks go on from here, a checkpoint being as fresh as it is worth? */
PETSC_INTERN void SgdInterruptClosed(PetscBool yes);
/* What is being written now is not to be cut short. */
PETSC_INTERN void SgdInterruptSaving(PetscBool yes);
/* What is being done, and what there would be to go on with, for the line that is printed. Copied. */
PETSC_INTERN void SgdInterruptDoing(const char *what);
PETSC_INTERN void SgdInterruptKeeps(const char *what);
