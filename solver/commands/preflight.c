#include "solver/commands/preflight.h"
#include "solver/output/lock.h"
#include "solver/output/outputimpl.h"
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

/* Open MPI's files fail, some with an abort, where a path is longer than 255 with the names they add to it. */
enum { LONGEST = 220 };

/* errno of a failure; what is there stays as it is */
static int Try(const char *path) {
  const int made = open(path, O_WRONLY | O_CREAT | O_EXCL, 0666), error = errno;

  if (made >= 0) {
    close(made);
    return unlink(path) ? errno : 0;
  }
  if (error != EEXIST) return error;
  const int there = open(path, O_WRONLY);
  if (there < 0) return errno;
  close(there);
  return 0;
}

static PetscErrorCode TryFile(SgdCase c, const char *key, const char *path, PetscBool read_only) {
  MPI_Comm comm = SgdCaseComm(c);
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  if (!path || !*path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && !(read_only && !access(path, R_OK))) error = Try(path);
  PetscCallMPI(MPI_Bcast(&error, 1, MPI_INT, 0, comm));
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: %s: cannot write: %s", key, path, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPreflight(const SgdSections *s, const char *folder, const char *restart) {
  MPI_Comm comm = SgdCaseComm(s->kase);

  PetscFunctionBegin;
  if (strlen(folder) > LONGEST)
    return SgdFail(
        comm, SGD_EXIT_FILES,
        "%.*s..: a path of %d characters, more than the %d that MPI's files can do with: work from a folder nearer "
        "to it, or name a shorter one",
        LONGEST, folder, (int)strlen(folder), LONGEST);
  PetscCall(TryFile(s->kase, "reference_point.save", s->training->save, PETSC_FALSE));
  PetscCall(TryFile(s->kase, "spectrum.file", s->spectrum->file, PETSC_TRUE)); /* one that is there may do as it is */
  if (!restart) PetscCall(SgdMakeFolder(comm, folder));
  PetscCall(SgdLockTake(comm, folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}
