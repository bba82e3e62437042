/* Why a dataset cannot be read: a filter of its storage (lzf, zstd, ..) that this HDF5 library does not have, or a type
   that is not a real number. */
#pragma once
#include "cases/base/base.h"
#include <hdf5.h>

/* A clause for people, or "" where neither is the case: "is stored with the filter lzf (32000), which ..". */
PETSC_INTERN const char *SgdHDF5Obstacle(hid_t dataset, char *text, size_t room);

/* In words, why a dataset that can be read holds fill values in place of data: never written, or a virtual one whose file
   is missing ("" if neither). `path` is the file it is in. */
PETSC_INTERN const char *SgdHDF5Hollow(hid_t dataset, const char *path, char *text, size_t room);
