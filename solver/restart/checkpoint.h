/* checkpoint.h5: what a command needs to go on where it stopped, on any number of ranks.

   One that is written goes to a temporary name, is synced to the disk and then renamed: whatever happens, the file is
   either the last whole one or the new whole one. Each dataset carries a checksum. The same calls, in any order, write
   a checkpoint that was created and read one that was opened, so that what is kept is listed once:

     SgdCheckpointWrite(.., parts, ..) or SgdCheckpointOpen(..); parts(..); SgdCheckpointClose(..)
     parts: SgdCheckpointShared(..), SgdCheckpointState(..) ..

   What has no entries is not there. All calls are collective. A file that is absent, cut short, damaged or of another format is exit 4; a failure to read
   or write a part is reported at the close. */
#pragma once
#include "cases/file/case.h"
#include <petscvec.h>

#define SGD_CHECKPOINT "checkpoint.h5"

typedef struct _p_SgdCheckpoint *SgdCheckpoint;

PETSC_INTERN PetscErrorCode SgdCheckpointCreate(MPI_Comm comm, const char *folder, SgdCheckpoint *c);
/* Create it, with all that `parts` keeps, and put it in place. The parts are gone through twice: they are counted first,
   and room for them is set aside, so that a full disk is met before anything is written. */
PETSC_INTERN PetscErrorCode SgdCheckpointWrite(MPI_Comm comm, const char *folder,
                                               PetscErrorCode (*parts)(void *context, SgdCheckpoint c), void *context);
PETSC_INTERN PetscErrorCode SgdCheckpointOpen(MPI_Comm comm, const char *folder, SgdCheckpoint *c);
PETSC_INTERN PetscBool SgdCheckpointReading(SgdCheckpoint c);
/* Is there a part of this name in the one that is read? */
PETSC_INTERN PetscErrorCode SgdCheckpointHas(SgdCheckpoint c, const char *name, PetscBool *has);
/* `bytes` bytes that every rank holds alike: rank 0's are written, every rank reads them. */
PETSC_INTERN PetscErrorCode SgdCheckpointShared(SgdCheckpoint c, const char *name, size_t bytes, void *data);
/* Text of any length: written, or read into *text, to be freed with PetscFree. */
PETSC_INTERN PetscErrorCode SgdCheckpointText(SgdCheckpoint c, const char *name, char **text);
/* A distributed vector, stored in its global order. */
PETSC_INTERN PetscErrorCode SgdCheckpointState(SgdCheckpoint c, const char *name, Vec y);
/* Put it in place (or be done with reading it). */
PETSC_INTERN PetscErrorCode SgdCheckpointClose(SgdCheckpoint *c);
/* The work is complete: nothing is left to go on with. */
PETSC_INTERN PetscErrorCode SgdCheckpointRemove(MPI_Comm comm, const char *folder);
