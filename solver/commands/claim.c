#include "solver/commands/claim.h"
#include "solver/output/text_files.h"
#include "solver/output/status.h"
#include "solver/restart/restart.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>

/* What a command leaves; `last`: only it writes that, and at the end (NULL: there is no such file). */
typedef struct {
  const char *command, *last, *file[12];
} Leaves;
static const Leaves leaves[] = {
    {"run",
     "summary.json",
     {"summary.json", "density.h5", "density.xmf", "density_final.csv", "moments.csv", "moments_every_step.csv",
      "distances.csv", "verdict.csv", "errors.csv", "mean_path.csv", "environment_restart.json"}},
    {"stationary", "stationary.json", {"stationary.json", "stationary.h5", "passages.csv", "basins.csv"}},
    {"sample",
     "modes_history.csv",
     {"modes_history.csv", "modes.csv", "modes_agreement.csv", "losses.csv", "environment_restart.json"}},
    {"modes", NULL, {"modes.csv", "modes_agreement.csv"}},
    {"spectrum", NULL, {"spectrum.csv", "spectrum.h5", "spectral_density.csv"}}};
enum { COMMANDS = sizeof leaves / sizeof *leaves, LIST = 160 };

/* A list that was cut ends where it was. */
static void Shorten(char *list, size_t size) {
  if (strlen(list) + 1 == size) snprintf(list + size - 5, 5, " ...");
}

PetscErrorCode SgdClaimDifferences(SgdCase kase, const char *folder, char *list, size_t size) {
  char path[PETSC_MAX_PATH_LEN];
  const char *text;
  PetscBool there;
  SgdCase was;

  PetscFunctionBegin;
  *list = 0;
  SgdJoinPath(folder, "case.yaml", path);
  PetscCall(SgdFileExists(SgdCaseComm(kase), path, &there));
  if (!there) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdCaseOpen(SgdCaseComm(kase), path, 0, NULL, &was));
  PetscCall(SgdCaseText(was, NULL, &text));
  PetscCall(SgdRestartDifferences(kase, text, list, size));
  Shorten(list, size);
  PetscCall(SgdCaseClose(&was));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The checkpoint there: to go on from, or somebody else's. */
static PetscErrorCode TakeCheckpoint(SgdCase kase, const char *folder, const char *command, SgdCheckpoint *resume) {
  char *whose, list[LIST];
  MPI_Comm comm = SgdCaseComm(kase);

  PetscFunctionBegin;
  PetscCall(SgdCheckpointOpen(comm, folder, resume));
  PetscCall(SgdRestartWhose(*resume, kase, &whose, list, sizeof list));
  Shorten(list, sizeof list);
  if (*list || strcmp(whose, command))
    return SgdFail(comm, SGD_EXIT_FILES,
                   "%s holds interrupted work of the command %s%s%s: sgdfp %s --restart %s goes on with that, "
                   "--overwrite discards it, -o DIR leaves it alone",
                   folder, whose, *list ? " on another case, which differs in " : "", list, whose, folder);
  PetscCall(SgdSay(comm, "%s: going on from the checkpoint there (--overwrite would start anew)\n", folder));
  PetscCall(PetscFree(whose));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Is this the result that the command would write again? The predictions of `modes` are among what `sample` leaves. */
static PetscBool Same(const char *command, const char *there) {
  return (PetscBool)(!strcmp(command, there) || (!strcmp(command, "modes") && !strcmp(there, "sample")));
}

/* The results of one command, against what is to be done. */
static PetscErrorCode JudgeFolder(MPI_Comm comm, const char *folder, const char *command, const Leaves *l,
                                  const char *differences) {
  char path[PETSC_MAX_PATH_LEN];
  PetscBool known, finished = PETSC_FALSE;
  SgdStatus s;

  PetscFunctionBegin;
  PetscCall(SgdStatusRead(comm, folder, l->command, &s, &known));
  SgdJoinPath(folder, l->last ? l->last : "", path);
  if (known)
    finished = (PetscBool)!strcmp(s.state, "finished");
  else if (l->last)
    PetscCall(SgdFileExists(comm, path, &finished));
  if (*differences && (finished || (known && s.step > 0)))
    return SgdFail(
        comm, SGD_EXIT_FILES,
        "%s holds %s of the command %s on another case, which differs in %s: --overwrite replaces it, -o DIR "
        "leaves it alone",
        folder, finished ? "the result" : "unfinished work", l->command, differences);
  if (finished && Same(command, l->command))
    return SgdFail(
        comm, SGD_EXIT_FILES,
        "%s holds the finished result of this case%s%s: --overwrite computes it again, -o DIR leaves it alone", folder,
        known ? ", of " : "", known ? s.date : "");
  if (known && !finished && !strcmp(command, l->command))
    PetscCall(SgdSay(comm,
                     "%s: earlier work there ended at step %" PetscInt_FMT " of %" PetscInt_FMT
                     " without a checkpoint; it is started anew\n",
                     folder, s.step, s.steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdClaim(SgdCase kase, const char *folder, const char *command, PetscBool overwrite,
                        SgdCheckpoint *resume) {
  char path[PETSC_MAX_PATH_LEN], differences[LIST];
  MPI_Comm comm = SgdCaseComm(kase);
  PetscBool checkpoint;

  PetscFunctionBegin;
  PetscCall(SgdMakeFolder(comm, folder));
  if (overwrite) PetscFunctionReturn(PETSC_SUCCESS);
  SgdJoinPath(folder, SGD_CHECKPOINT, path);
  PetscCall(SgdFileExists(comm, path, &checkpoint));
  if (checkpoint) {
    PetscCall(TakeCheckpoint(kase, folder, command, resume));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdClaimDifferences(kase, folder, differences, sizeof differences));
  for (int k = 0; k < COMMANDS; k++) PetscCall(JudgeFolder(comm, folder, command, &leaves[k], differences));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* errno of a failure; path: of what was removed, or not */
static int Remove(const char *folder, const char *name, char *path) {
  SgdJoinPath(folder, name, path);
  return unlink(path) && errno != ENOENT ? errno : 0;
}

static int RemoveAll(const char *folder, const Leaves *l, char *path) {
  char status[64];
  int error;

  snprintf(status, sizeof status, "status_%s.json", l->command);
  error = Remove(folder, status, path);
  for (int i = 0; l->file[i] && !error; i++) error = Remove(folder, l->file[i], path);
  return error;
}

PetscErrorCode SgdClaimClear(SgdCase kase, const char *folder, const char *command) {
  MPI_Comm comm = SgdCaseComm(kase);
  char differences[LIST], path[PETSC_MAX_PATH_LEN] = "";
  PetscMPIInt rank;
  int error = 0;

  PetscFunctionBegin;
  PetscCall(SgdClaimDifferences(kase, folder, differences, sizeof differences));
  PetscCallMPI(MPI_Comm_rank(comm, &rank));
  for (int k = 0; !rank && k < COMMANDS && !error; k++)
    if (*differences || !strcmp(leaves[k].command, command)) error = RemoveAll(folder, &leaves[k], path);
  if (!rank && !error) error = Remove(folder, SGD_CHECKPOINT, path);
  PetscCall(SgdAgree(comm, &error));
  if (error) return SgdFail(comm, SGD_EXIT_FILES, "%s: cannot remove what is there: %s", path, strerror(error));
  PetscFunctionReturn(PETSC_SUCCESS);
}
