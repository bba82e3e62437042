/* What may be done in a folder that is not empty. Nothing that was computed is wiped without `--overwrite`:

   - a checkpoint of the same command and the same case: the work goes on from it, with a word;
   - a checkpoint of other work, a finished result, or results of another case: exit 4, naming what is there;
   - the same case without a checkpoint, unfinished (it was killed): started anew, with a word. */
#pragma once
#include "solver/restart/checkpoint.h"

/* Before any work, where no --restart is named: the rules above. *resume: the checkpoint to go on from, or NULL. Makes
   the folder. Collective. */
PETSC_INTERN PetscErrorCode SgdClaim(SgdCase kase, const char *folder, const char *command, PetscBool overwrite,
                                     SgdCheckpoint *resume);
/* Set-up is done and the first files are about to be written: those of earlier work by the same command are removed, or
   by all commands where they are of another case. Collective. */
PETSC_INTERN PetscErrorCode SgdClaimClear(SgdCase kase, const char *folder, const char *command);
/* How the case of the results in a folder differs from this one: "" where it does not, or where none is there.
   Collective. */
PETSC_INTERN PetscErrorCode SgdClaimDifferences(SgdCase kase, const char *folder, char *list, size_t size);
