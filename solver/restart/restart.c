#include "solver/restart/restart.h"
#include <limits.h>
#include <stdlib.h>

/* The case's path as seen from anywhere: files named in the case are looked for beside it. */
static PetscErrorCode AbsolutePath(SgdCase kase, char **text) {
  char path[PATH_MAX];

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(realpath(SgdCasePath(kase), path) ? path : SgdCasePath(kase), text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRestartHead(SgdCheckpoint c, SgdCase kase, const char *command) {
  const char *resolved;
  char *text;

  PetscFunctionBegin;
  PetscCall(PetscStrallocpy(command, &text));
  PetscCall(SgdCheckpointText(c, "/command", &text));
  PetscCall(PetscFree(text));
  PetscCall(AbsolutePath(kase, &text));
  PetscCall(SgdCheckpointText(c, "/case_path", &text));
  PetscCall(PetscFree(text));
  PetscCall(SgdCaseText(kase, NULL, &resolved));
  PetscCall(PetscStrallocpy(resolved, &text));
  PetscCall(SgdCheckpointText(c, "/case", &text));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRestartWarnings(SgdCheckpoint c, SgdJournal journal) {
  int count = SgdWarningCount(journal);
  char name[64], *text;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/warnings/count", sizeof count, &count));
  if (SgdCheckpointReading(c)) SgdWarningsClear(journal);
  for (int i = 0; i < count; i++) {
    PetscCall(PetscSNPrintf(name, sizeof name, "/warnings/%d", i));
    if (!SgdCheckpointReading(c)) PetscCall(PetscStrallocpy(SgdWarning(journal, i), &text));
    PetscCall(SgdCheckpointText(c, name, &text));
    if (SgdCheckpointReading(c)) SgdWarningKeep(journal, text);
    PetscCall(PetscFree(text));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRestartLater(MPI_Comm comm, int signal, const char *command, const char *folder) {
  return SgdFail(comm, (SgdExit)(SGD_EXIT_SIGNAL + signal),
                 "stopped by signal %d; %s/%s is written: sgdfp %s --restart %s goes on", signal, folder,
                 SGD_CHECKPOINT, command, folder);
}

PetscErrorCode SgdRestartOpen(MPI_Comm comm, const char *folder, const char *command, const char *path, int sets,
                              const char *const *set, SgdCheckpoint *c, SgdCase *kase) {
  char *of, *case_path, *text;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointOpen(comm, folder, c));
  PetscCall(SgdCheckpointText(*c, "/command", &of));
  if (strcmp(of, command))
    return SgdFail(comm, SGD_EXIT_CASE, "--restart %s: the work there is of the command %s, not %s", folder, of,
                   command);
  PetscCall(SgdCheckpointText(*c, "/case_path", &case_path));
  PetscCall(SgdCheckpointText(*c, "/case", &text));
  if (path)
    PetscCall(SgdCaseOpen(comm, path, sets, set, kase));
  else
    PetscCall(SgdCaseOpenText(comm, case_path, text, sets, set, kase));
  PetscCall(PetscFree(of));
  PetscCall(PetscFree(case_path));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRestartDifferences(SgdCase kase, const char *text, char *list, size_t size) {
  static const char *const free_keys[] = {"output.checkpoint", "name", "description", "sweep", NULL};

  return SgdCaseDifferences(kase, text, free_keys, list, size);
}

PetscErrorCode SgdRestartWhose(SgdCheckpoint c, SgdCase kase, char **command, char *list, size_t size) {
  char *text;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointText(c, "/command", command));
  PetscCall(SgdCheckpointText(c, "/case", &text));
  PetscCall(SgdRestartDifferences(kase, text, list, size));
  PetscCall(PetscFree(text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdRestartCompare(SgdCheckpoint c, SgdCase kase) {
  char *command, list[1024];

  PetscFunctionBegin;
  PetscCall(SgdRestartWhose(c, kase, &command, list, sizeof list));
  PetscCall(PetscFree(command));
  if (*list)
    return SgdFail(SgdCaseComm(kase), SGD_EXIT_CASE,
                   "--restart: the case is not the one that was interrupted; it differs in %s", list);
  PetscFunctionReturn(PETSC_SUCCESS);
}
