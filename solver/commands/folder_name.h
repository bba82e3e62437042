/* Names of folders for results, which tell variants of a case apart. */
#pragma once
#include "cases/base/base.h"

/* Append the settings "key.path=value" to a folder's name, joined by commas: what a shell or a file system may not like
   becomes _, what is long is cut, and a number of the whole then tells such variants apart (FNV-1a). */
PETSC_INTERN void SgdFolderName(int sets, const char *const set[], char *name, size_t size);
