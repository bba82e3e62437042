/* A folder is written by one program at a time: the file sgdfp.lock in it names host, process, and since when. It is
   made by link(), which one of two wins on every file system, shared ones too (open with O_EXCL where there are no
   links). A lock that a dead process of this host left (by boot, process number, its start) is taken over. Of another
   host's processes nothing is known but that they set their lock's time anew every half minute: one that has not done so
   for a quarter of an hour is taken over too, by the file system's own clock. */
#pragma once
#include "cases/base/base.h"

#define SGD_LOCK "sgdfp.lock"

/* Lock the folder, which is there: exit 4, naming the holder, where another program works in it, or saying why nothing
   can be written there. Collective. */
PETSC_INTERN PetscErrorCode SgdLockTake(MPI_Comm comm, const char *folder);
/* The lock is ours still: exit 4 where the folder or the lock in it went or became another's. Collective. */
PETSC_INTERN PetscErrorCode SgdLockCheck(MPI_Comm comm);
/* Give back the one that was taken last; all of them. Only what a signal handler may call; nothing where there is
   none. */
PETSC_INTERN void SgdLockDrop(void);
PETSC_INTERN void SgdLockDropAll(void);
