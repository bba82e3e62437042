#include "cases/base/replace_file.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* errno of a failure */
static int Sync(const char *path, int flags) {
  const int file = open(path, flags);
  int error = 0;

  if (file < 0) return errno;
  if (fsync(file)) error = errno;
  if (close(file) && !error) error = errno;
  return error;
}

/* The folder holds the name. Some file systems cannot bring folders to the disk, or do so by themselves. */
static int SyncFolder(const char *path) {
  char folder[PETSC_MAX_PATH_LEN];
  char *slash;
  int error;

  snprintf(folder, sizeof folder, "%s", path);
  slash = strrchr(folder, '/');
  if (!slash)
    snprintf(folder, sizeof folder, ".");
  else
    slash[slash == folder] = 0;
  error = Sync(folder, O_RDONLY | O_DIRECTORY);
  return error == EINVAL || error == EACCES ? 0 : error;
}

int SgdReplaceFile(const char *temporary, const char *path) {
  int error = Sync(temporary, O_RDWR);

  if (!error && rename(temporary, path)) error = errno;
  if (!error) return SyncFolder(path);
  remove(temporary);
  return error;
}

int SgdWriteError(void) {
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : EIO;
}

PetscErrorCode SgdWritten(MPI_Comm comm, const char *path, int error) {
  PetscFunctionBegin;
  PetscCall(SgdAgree(comm, &error));
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write: %s", path, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
