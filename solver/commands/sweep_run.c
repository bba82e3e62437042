#include "solver/commands/sweep_run.h"
#include "cases/base/journal.h"
#include "solver/comparison/compare.h"
#include "solver/output/json.h"
#include "solver/output/status.h"
#include "solver/output/text_files.h"
#include "solver/restart/interrupt.h"
#include <stdlib.h>
#include <string.h>

PetscErrorCode SgdSweepEndRead(MPI_Comm comm, const char *folder, SgdSweepEnd *end) {
  static const char *const key[] = {"exit", "warnings", "seconds", "message", "command"};
  static const char *const otherwise[] = {"0", "0", "0", "", "run"};
  const char *value[5];
  char path[PETSC_MAX_PATH_LEN];
  PetscBool there;
  SgdCase c;

  PetscFunctionBegin;
  *end = (SgdSweepEnd){.exit = -1};
  SgdJoinPath(folder, SGD_SWEEP_ROW, path);
  PetscCall(SgdFileExists(comm, path, &there));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCaseOpen(comm, path, 0, NULL, &c)); /* JSON is YAML */
  for (int k = 0; k < 5; k++) PetscCall(SgdCaseScalar(c, key[k], NULL, otherwise[k], &value[k]));
  *end = (SgdSweepEnd){
      .exit = atoi(value[0]), .warnings = atoi(value[1]), .seconds = strtod(value[2], NULL), .found = PETSC_TRUE};
  snprintf(end->message, sizeof end->message, "%s", value[3]);
  snprintf(end->command, sizeof end->command, "%s", value[4]);
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode EndWrite(MPI_Comm comm, const char *folder, const SgdSweepEnd *end) {
  char path[PETSC_MAX_PATH_LEN];
  SgdJson j;

  PetscFunctionBegin;
  PetscCall(SgdMakeFolder(comm, folder));
  SgdJoinPath(folder, SGD_SWEEP_ROW, path);
  PetscCall(SgdJsonOpen(comm, path, &j));
  SgdJsonObject(j, NULL);
  SgdJsonInteger(j, "exit", end->exit);
  SgdJsonInteger(j, "warnings", end->warnings);
  SgdJsonNumber(j, "seconds", end->seconds);
  SgdJsonString(j, "message", end->message);
  SgdJsonString(j, "command", end->command);
  SgdJsonEnd(j);
  PetscCall(SgdJsonClose(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A run that finished, but whose end was not noted any more, is done again. */
static PetscErrorCode Finished(MPI_Comm comm, const char *folder, const char *command, PetscBool *finished) {
  SgdStatus status;
  PetscBool known;

  PetscFunctionBegin;
  PetscCall(SgdStatusRead(comm, folder, command, &status, &known));
  *finished = (PetscBool)(known && !strcmp(status.state, "finished"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* As from the command line (SgdCommand), but from a program that goes on. */
static PetscErrorCode Do(const SgdWork *sweep, int sets, const char **set, const char *folder, MPI_Comm comm) {
  const SgdInvocation *v = sweep->invocation;
  SgdInvocation invocation = {.command = sweep->sections->sweep->command,
                              .path = v->path,
                              .overwrite = v->overwrite,
                              .sets = sets,
                              .set = set,
                              .argc = v->argc,
                              .argv = v->argv};
  SgdResult result = {.dim = 0};
  SgdSections sections;
  SgdWork work = {
      .sections = &sections, .invocation = &invocation, .folder = folder, .began = MPI_Wtime(), .result = &result};
  PetscBool finished = PETSC_FALSE;
  SgdCase c;

  PetscFunctionBegin;
  PetscCall(Finished(comm, folder, invocation.command, &finished));
  if (finished) invocation.overwrite = PETSC_TRUE;
  PetscCall(SgdCaseOpen(comm, v->path, sets, set, &c));
  PetscCall(SgdSectionsRead(c, &sections));
  PetscCall(SgdWorkOn(&work));
  PetscCall(SgdHistoryFree(&result.history));
  PetscCall(SgdSectionsFree(&sections));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What fails leaves objects that hold the communicator; they are few, and stay. */
static PetscErrorCode Alone(const SgdWork *sweep, int sets, const char **set, const char *folder, MPI_Comm group,
                            SgdSweepEnd *end) {
  PetscErrorCode ierr;
  SgdJournal journal;
  MPI_Comm comm;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_dup(group, &comm));
  PetscCall(SgdJournalOpen(comm, PETSC_TRUE, &journal));
  end->seconds = -MPI_Wtime();
  ierr = Do(sweep, sets, set, folder, comm);
  end->seconds += MPI_Wtime();
  end->exit = SgdExitCode(ierr);
  end->warnings = SgdWarningCount(journal);
  snprintf(end->message, sizeof end->message, "%s", SgdJournalError(journal));
  if (end->exit == 1) PetscCall(ierr);
  if (ierr) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdJournalClose(&journal));
  PetscCallMPI(MPI_Comm_free(&comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSweepRun(const SgdWork *sweep, const SgdSweepPlan *plan, int run, int sets, const char *const set[],
                           MPI_Comm comm, SgdSweepEnd *end) {
  const char *command = sweep->sections->sweep->command;
  char folder[PETSC_MAX_PATH_LEN], name[256];
  const char **all;

  PetscFunctionBegin;
  PetscCall(SgdSweepRunName(plan, run, name, sizeof name));
  SgdJoinPath(sweep->folder, name, folder);
  if (!sweep->invocation->overwrite) {
    PetscCall(SgdSweepEndRead(comm, folder, end));
    if (end->exit >= 0 && !strcmp(end->command, command)) PetscFunctionReturn(PETSC_SUCCESS);
  }
  *end = (SgdSweepEnd){.exit = -1};
  snprintf(end->command, sizeof end->command, "%s", command);
  PetscCall(SgdSweepSets(plan, run, sets, set, &all));
  PetscCall(Alone(sweep, sets + plan->keys, all, folder, comm, end));
  PetscCall(SgdSweepSetsFree(plan, sets, &all));
  if (end->exit != SGD_EXIT_FILES && end->exit < SGD_EXIT_SIGNAL) PetscCall(EndWrite(comm, folder, end));
  SgdInterruptKeeps(SGD_KEEPS_RUNS);
  if (end->exit < SGD_EXIT_SIGNAL) SgdInterruptRelease(); /* the next run's set-up is not to be waited for */
  PetscFunctionReturn(PETSC_SUCCESS);
}
