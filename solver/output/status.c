#include "solver/output/status.h"
#include "cases/base/replace_file.h"
#include "cases/file/case.h"
#include "solver/output/text_files.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static MPI_Comm comm_of; /* of the work under way */
static char path_of[PETSC_MAX_PATH_LEN];
static SgdStatus status;

static void PathOf(const char *folder, const char *command, char *path) {
  char name[64];

  snprintf(name, sizeof name, "status_%s.json", command);
  SgdJoinPath(folder, name, path);
}

/* To a temporary name, then renamed: whoever reads it finds a whole one. errno of a failure; rank 0's work. */
static int WriteStatus(const char *state) {
  char temporary[PETSC_MAX_PATH_LEN + 8];
  time_t now = time(NULL);
  struct tm utc;
  FILE *f;
  int error = 0;

  snprintf(status.state, sizeof status.state, "%s", state);
  strftime(status.date, sizeof status.date, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &utc));
  snprintf(temporary, sizeof temporary, "%s.tmp", path_of);
  if (!(f = fopen(temporary, "w"))) return errno;
  fprintf(f,
          "{\n  \"command\": \"%s\",\n  \"status\": \"%s\",\n  \"step\": %" PetscInt_FMT
          ",\n  \"steps\": %" PetscInt_FMT ",\n  \"date\": \"%s\"\n}\n",
          status.command, status.state, status.step, status.steps, status.date);
  if (fclose(f)) error = errno;
  if (!error && rename(temporary, path_of)) error = errno;
  if (error) unlink(temporary);
  return error;
}

static PetscErrorCode PutStatus(const char *state) {
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(comm_of, &rank));
  if (!rank) error = WriteStatus(state);
  PetscCall(SgdWritten(comm_of, path_of, error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStatusBegin(MPI_Comm comm, const char *folder, const char *command, PetscInt steps) {
  PetscFunctionBegin;
  comm_of = comm;
  status = (SgdStatus){.steps = steps};
  snprintf(status.command, sizeof status.command, "%s", command);
  PathOf(folder, command, path_of);
  PetscCall(PutStatus("running"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStatusStep(PetscInt step) {
  PetscFunctionBegin;
  if (!*path_of) PetscFunctionReturn(PETSC_SUCCESS);
  status.step = step;
  PetscCall(PutStatus("running"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStatusFinish(void) {
  PetscFunctionBegin;
  if (!*path_of) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PutStatus("finished"));
  *path_of = 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdStatusEnd(int exit) {
  PetscMPIInt rank = 1;

  if (!*path_of || MPI_Comm_rank(comm_of, &rank) || rank) return;
  (void)WriteStatus(exit > SGD_EXIT_SIGNAL ? "interrupted" : "failed");
}

PetscErrorCode SgdStatusRead(MPI_Comm comm, const char *folder, const char *command, SgdStatus *s, PetscBool *there) {
  static const char *const key[] = {"command", "status", "date", "step", "steps"};
  const char *value[5];
  char path[PETSC_MAX_PATH_LEN];
  SgdCase c;

  PetscFunctionBegin;
  *s = (SgdStatus){.step = 0};
  PathOf(folder, command, path);
  PetscCall(SgdFileExists(comm, path, there));
  if (!*there) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCaseOpen(comm, path, 0, NULL, &c)); /* JSON is YAML */
  for (int k = 0; k < 5; k++) PetscCall(SgdCaseScalar(c, key[k], NULL, "0", &value[k]));
  snprintf(s->command, sizeof s->command, "%s", value[0]);
  snprintf(s->state, sizeof s->state, "%s", value[1]);
  snprintf(s->date, sizeof s->date, "%s", value[2]);
  s->step = (PetscInt)atoll(value[3]);
  s->steps = (PetscInt)atoll(value[4]);
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
