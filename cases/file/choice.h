/* A word of the case that stands for one of a few things: an enum and a table of its names. */
#pragma once
#include "cases/file/case.h"

/* *choice: the place of `found` in names (NULL-terminated, in the order of the enum). Any other word is an error at
   `key` that says what was expected and names the nearest (exit 2). Collective. */
PETSC_EXTERN PetscErrorCode SgdCaseChoice(SgdCase c, const char *key, const char *const names[], const char *found,
                                          int *choice);
/* The same for the key `key` of a section or of a list's item. */
PETSC_EXTERN PetscErrorCode SgdCaseChoiceIn(SgdCase c, const char *section, const char *key, const char *const names[],
                                            const char *found, int *choice);
