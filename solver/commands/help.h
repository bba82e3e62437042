/* `sgdfp help`: the reference of the case, from the schemas that read it and the table of what keys mean. */
#pragma once
#include "cases/base/base.h"

/* what NULL: all sections with their keys; "keys": every key, one a line (for the shell's completion); "all": every section whole; a section or a
   key, whole ("sgd.learning_rate") or its last part ("learning_rate"): type, values, default, meaning and an example.
   Exit 2, naming the nearest, for anything else. Collective on PETSC_COMM_WORLD; rank 0 prints. */
PETSC_INTERN PetscErrorCode SgdHelp(const char *what);
