/* Signals that ask the program to stop: SIGTERM, SIGINT (Ctrl-C), SIGUSR1 (the one that mpiexec passes on to its
   ranks), SIGHUP (not under nohup), SIGQUIT, SIGPIPE, SIGUSR2, SIGXCPU, SIGALRM. As a rule they end the program at once, with one line on rank 0's stderr and exit code 128 + n. Work that can
   be continued holds them: a signal is then noted, and the next check (watch.h) writes a checkpoint first. A second
   signal two seconds later or more ends the program at once all the same. */
#pragma once
#include "cases/base/base.h"

/* Once, after SlepcInitialize, which has handlers of its own. */
PETSC_INTERN PetscErrorCode SgdInterruptInstall(void);
/* Note signals from here on, and no longer. */
PETSC_INTERN void SgdInterruptHold(void);
PETSC_INTERN void SgdInterruptRelease(void);
/* The signal noted on this rank; 0: none. */
PETSC_INTERN int SgdInterruptPending(void);
/* What is being done, for the line that is printed: "Spectrum". Copied. */
PETSC_INTERN void SgdInterruptDoing(const char *what);
