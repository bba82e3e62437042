#include "cases/file/caseimpl.h"
#include <string.h>
#include <unistd.h>

/* The file by its own name if absolute, else beside the case, else under the working directory. Rank 0 only. */
static int FindFile(SgdCase c, const char *name, char *path) {
  const char *slash = strrchr(c->path, '/');
  int folder = slash && *name != '/' ? (int)(slash - c->path) + 1 : 0;
  int n = snprintf(path, PETSC_MAX_PATH_LEN, "%.*s%s", folder, c->path, name);

  if (n < PETSC_MAX_PATH_LEN && !access(path, F_OK)) return 1;
  n = snprintf(path, PETSC_MAX_PATH_LEN, "%s", name);
  return n < PETSC_MAX_PATH_LEN && !access(path, F_OK);
}

PetscErrorCode SgdCaseFile(SgdCase c, const char *key, const char *name, char *path) {
  PetscMPIInt rank;
  int found = 0;
  SgdIssue issue;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(c->comm, &rank));
  memset(path, 0, PETSC_MAX_PATH_LEN);
  if (!rank) found = *name ? FindFile(c, name, path) : 0;
  PetscCallMPI(MPI_Bcast(&found, 1, MPI_INT, 0, c->comm));
  if (!found) {
    SgdIssueAt(&issue, SgdTreeNearest(c->root, key)->mark, key, "no file \"%.512s\"%s", name,
               *name == '/' ? "" : ", neither beside the case nor in the working directory");
    PetscCall(SgdCaseReport(c, SGD_EXIT_FILES, &issue));
  }
  PetscCallMPI(MPI_Bcast(path, PETSC_MAX_PATH_LEN, MPI_CHAR, 0, c->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
