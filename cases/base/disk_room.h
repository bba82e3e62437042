/* Room on the disk, asked for before a file grows: an HDF5 file that meets a full disk half way can be neither completed
   nor closed, and what was in it may be lost. */
#pragma once
#include "cases/base/base.h"

/* Set aside `bytes` beyond the end of the file `path`, which is made if it is not there and keeps its size; where the file
   system cannot do that, see whether as much is free. Exit 4 naming the path, what is needed and why it is not to be
   had (disk full, quota). Collective. */
PETSC_EXTERN PetscErrorCode SgdDiskRoom(MPI_Comm comm, const char *path, double bytes);
