#define _GNU_SOURCE /* fallocate */
#include "cases/base/disk_room.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

/* errno: is as much free, for those who cannot set it aside? */
static int Free(int file, double bytes) {
  struct statvfs s;

  if (fstatvfs(file, &s)) return 0; /* not known: what is written will tell */
  return (double)s.f_bavail * (double)s.f_frsize < bytes ? ENOSPC : 0;
}

/* What a process may write into one file (ulimit -f), which nobody tells in time: HDF5 dies of it half way. */
static PetscBool TooLarge(double bytes) {
  struct rlimit limit;

  return (PetscBool)(!getrlimit(RLIMIT_FSIZE, &limit) && limit.rlim_cur != RLIM_INFINITY &&
                     bytes > (double)limit.rlim_cur);
}

/* errno of a failure */
static int SetAside(int file, double bytes) {
  struct stat s;
  int failed;

  if (fstat(file, &s)) return errno;
  if (!S_ISREG(s.st_mode)) return 0;
  if (TooLarge((double)s.st_size + bytes)) return EFBIG;
  do failed = fallocate(file, FALLOC_FL_KEEP_SIZE, s.st_size, (off_t)bytes);
  while (failed && errno == EINTR);
  if (!failed) return 0;
  return errno == ENOSPC || errno == EDQUOT || errno == EFBIG ? errno : Free(file, bytes);
}

PetscErrorCode SgdDiskRoom(MPI_Comm comm, const char *path, double bytes) {
  PetscMPIInt rank;
  struct stat s;
  int file, error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) {
    file = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0666);
    error = file < 0 ? errno : SetAside(file, PetscMax(bytes, 1));
    if (error && file >= 0 && !fstat(file, &s) && !s.st_size) unlink(path); /* there was none before */
    if (file >= 0) close(file);
  }
  PetscCall(SgdAgree(comm, &error));
  if (error)
    return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot write the next %.3g MB: %s", path, bytes / 1e6, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
