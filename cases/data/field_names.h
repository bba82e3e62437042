/* Names in a file of fields that its reader does not know: a misspelt `gi`, `third` or `eigenvalues` must not pass in
   silence. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>

/* What the reader of a format knows: the datasets of one group, the attributes of the root. */
typedef struct {
  const char *group;
  int datasets, attributes;
  const char *const *dataset, *const *attribute;
} SgdFieldNames;

/* In words, what is in the group, and near to a known name among the attributes, and is not read; "" if nothing. */
PETSC_INTERN void SgdFieldNamesUnknown(const SgdFieldNames *names, hid_t file, char *text, size_t room);
/* The name in the group that is nearest to a dataset that is not there, as "; is it /slice/NAME?"; "" if none is near. */
PETSC_INTERN const char *SgdFieldNamesInstead(const SgdFieldNames *names, hid_t file, const char *dataset, char *text,
                                              size_t room);
