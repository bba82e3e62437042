/* Names in a slice file that the reader does not know: a misspelt `gi` or `eigenvalues` must not pass in silence. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>
#include <stddef.h>

/* In words, what is in the group /slice and near to a known name among the attributes, and is not read; "" if nothing. */
PETSC_INTERN void SgdSliceFileUnknown(hid_t file, char *text, size_t room);
/* The name in /slice that is nearest to a dataset that is not there, as "; is it /slice/NAME?"; "" if none is near. */
PETSC_INTERN const char *SgdSliceFileInstead(hid_t file, const char *dataset, char *text, size_t room);
