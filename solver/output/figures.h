/* --figures: the pictures of what a command has left, by the scripts that stand beside the program. */
#pragma once
#include "cases/base/base.h"

/* Before any work: are the scripts there, and does the command leave what they draw? Exit 2 where not. */
PETSC_INTERN PetscErrorCode SgdDrawCheck(const char *command);
/* Results are there to be drawn in the end, in this folder; quiet: without naming the pictures.
   Collective. */
PETSC_INTERN PetscErrorCode SgdDrawLater(const char *folder, PetscBool quiet);
/* When all is written, before MPI's end, by all ranks: draw, if that is to be. Returns the exit code: `code`, or 4 where
   pictures are missing of results that are there. */
PETSC_INTERN int SgdDraw(int code);
