/* Folders and text files written by rank 0, with failures that every rank learns of. */
#include "solver/output/text_files.h"
#include "cases/base/replace_file.h"
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

void SgdJoinPath(const char *folder, const char *name, char *path) {
  snprintf(path, PETSC_MAX_PATH_LEN, "%s/%s", folder, name);
}

/* mkdir -p; errno of the first failure */
static int MakeFolders(const char *folder) {
  char part[PETSC_MAX_PATH_LEN];
  struct stat s;

  snprintf(part, sizeof part, "%s", folder);
  for (char *slash = part + 1;; slash++) {
    char kept = *slash;

    if (kept != '/' && kept) continue;
    *slash = 0;
    if (mkdir(part, 0777) && errno != EEXIST) return errno;
    *slash = kept;
    if (!kept) break;
  }
  if (stat(part, &s)) return errno;
  return S_ISDIR(s.st_mode) ? 0 : ENOTDIR;
}

static PetscBool IsLink(const char *path) {
  struct stat s;

  return (PetscBool)(!lstat(path, &s) && S_ISLNK(s.st_mode));
}

PetscErrorCode SgdMakeFolder(MPI_Comm comm, const char *folder) {
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) error = folder && *folder ? MakeFolders(folder) : ENOENT;
  PetscCall(SgdAgree(comm, &error));
  if (error)
    return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot make the folder: %s%s", folder && *folder ? folder : "\"\"",
                   strerror(error), folder && IsLink(folder) ? " (it is a symbolic link)" : "");
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdFileExists(MPI_Comm comm, const char *path, PetscBool *there) {
  PetscMPIInt rank;
  int found = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank) found = !access(path, F_OK);
  PetscCall(SgdAgree(comm, &found));
  *there = (PetscBool)found;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckWritten(MPI_Comm comm, const char *folder, const char *name, int error) {
  char path[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  SgdJoinPath(folder, name, path);
  PetscCall(SgdWritten(comm, path, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdOpenText(MPI_Comm comm, const char *folder, const char *name, FILE **file) {
  char path[PETSC_MAX_PATH_LEN];
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  *file = NULL;
  SgdJoinPath(folder, name, path);
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  if (!rank && !(*file = fopen(path, "w+"))) error = errno; /* read too: a torn line is looked for */
  PetscCall(CheckWritten(comm, folder, name, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a full disk took of a last line goes, so that tables end with whole rows; what is still in memory is given up. */
static void DropTornLine(FILE *file) {
  const int f = fileno(file);
  off_t end = lseek(f, 0, SEEK_END);
  char last = '\n';

  __fpurge(file);
  while (end > 0 && pread(f, &last, 1, end - 1) == 1 && last != '\n') end--;
  if (end >= 0 && ftruncate(f, end)) return; /* the failure to write is what is told */
}

/* errno of a failure */
static int Flush(FILE *file) {
  int error = 0;

  if (fflush(file)) error = errno;
  if (!error && ferror(file)) error = SgdWriteError();
  if (error) DropTornLine(file);
  return error;
}

PetscErrorCode SgdFlushText(MPI_Comm comm, const char *folder, const char *name, FILE *file) {
  const int error = file ? Flush(file) : 0;

  PetscFunctionBegin;
  PetscCall(CheckWritten(comm, folder, name, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCloseText(MPI_Comm comm, const char *folder, const char *name, FILE **file) {
  int error = *file ? Flush(*file) : 0;

  PetscFunctionBegin;
  if (*file && fclose(*file) && !error) error = errno;
  *file = NULL;
  PetscCall(CheckWritten(comm, folder, name, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
