#include "solver/commands/claim.h"
#include "solver/commands/commands.h"
#include "solver/output/figures.h"
#include "solver/restart/stages.h"
#include "solver/commands/folder_name.h"
#include "solver/commands/preflight.h"
#include "solver/output/lock.h"
#include "solver/output/text_files.h"
#include "cases/base/environment.h"
#include "solver/commands/processor.h"
#include "cases/base/journal.h"
#include "solver/output/status.h"
#include "solver/restart/interrupt.h"
#include "solver/restart/restart.h"

/* out/<name of the case file without .yaml>, and what is set differently. */
static PetscErrorCode DefaultFolder(const SgdInvocation *v, char *folder, size_t size) {
  const char *path = v->path, *base = strrchr(path, '/');
  char name[PETSC_MAX_PATH_LEN], *dot;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(name, base ? base + 1 : path, sizeof name));
  if ((dot = strrchr(name, '.')) && dot != name) *dot = 0;
  SgdFolderName(v->sets, v->set, name, sizeof name);
  PetscCall(PetscSNPrintf(folder, size, "out/%s", name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new command: one line here. */
const SgdCommandEntry SgdCommands[] = {
    {"run", "everything: reference point, spectrum, slice, all models side by side, files", PETSC_TRUE, PETSC_TRUE,
     SgdCommandRun},
    {"spectrum", "Hessian eigenpairs, minibatch noise per mode, regimes, predicted variances", PETSC_FALSE, PETSC_TRUE,
     SgdCommandSpectrum},
    {"modes", "how far each mode spreads: path-linearised closure, without and with coupling", PETSC_FALSE, PETSC_TRUE,
     SgdCommandModes},
    {"sample", "the same measured by an ensemble of SGD trajectories", PETSC_TRUE, PETSC_TRUE, SgdCommandSample},
    {"stationary", "long times of every model: (quasi-)stationary densities, relaxation, escape, leaks", PETSC_FALSE,
     PETSC_TRUE, SgdCommandStationary},
    {"sweep", "the command run for every combination of values of the keys that --vary names; one table", PETSC_FALSE,
     PETSC_TRUE, SgdCommandSweep},
    {"check", "the case as resolved, grid, resolution and stability figures; nothing long", PETSC_FALSE, PETSC_FALSE,
     SgdCommandCheck},
    {NULL, NULL, PETSC_FALSE, PETSC_FALSE, NULL}};

/* The case from its file; or checkpoint and case where work goes on. */
static PetscErrorCode OpenCase(MPI_Comm comm, const SgdInvocation *v, SgdCheckpoint *from, SgdCase *c, char *folder,
                               size_t size) {
  PetscFunctionBegin;
  if (v->restart) {
    PetscCall(PetscStrncpy(folder, v->restart, size));
    PetscCall(SgdRestartOpen(comm, v->restart, v->command, v->path, v->sets, v->set, from, c));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdCaseOpen(comm, v->path, v->sets, v->set, c));
  if (v->folder)
    PetscCall(PetscStrncpy(folder, v->folder, size));
  else
    PetscCall(DefaultFolder(v, folder, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static const SgdCommandEntry *Find(const char *name) {
  const SgdCommandEntry *command = SgdCommands;

  while (command->name && strcmp(name, command->name)) command++;
  return command;
}

/* The work, in a folder that nobody else writes meanwhile. */
static PetscErrorCode Locked(SgdWork *work, const SgdCommandEntry *command) {
  const SgdInvocation *v = work->invocation;

  PetscFunctionBegin;
  if (command->writes && !v->restart)
    PetscCall(SgdClaim(work->sections->kase, work->folder, v->command, v->overwrite, &work->from));
  PetscCall(command->run(work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where training is kept while it is under way. */
static void KeepTraining(const SgdWork *work) {
  SgdTrainingKeep *keep = &work->sections->training->keep;

  SgdJoinPath(work->folder, SGD_TRAINING, keep->path);
  keep->interval = work->sections->settings.output->checkpoint;
  keep->anew = work->invocation->overwrite;
}

PetscErrorCode SgdWorkOn(SgdWork *work) {
  const SgdInvocation *v = work->invocation;
  const SgdCommandEntry *command = Find(v->command);
  PetscErrorCode ierr;

  PetscFunctionBegin;
  SgdInterruptDoing(v->command);
  if (!command->writes) PetscCall(SgdInterruptShows());
  if (command->writes) PetscCall(SgdPreflight(work->sections, work->folder, v->restart));
  if (command->writes) KeepTraining(work);
  SgdStagesAnew();
  ierr = Locked(work, command);
  if (!ierr && command->writes && strcmp(v->command, "sweep"))
    PetscCall(SgdStagesView(SgdCaseComm(work->sections->kase)));
  SgdStatusEnd(SgdExitCode(ierr));
  if (!ierr || SgdExitCode(ierr) == SGD_EXIT_NUMBERS)
    PetscCall(SgdTrainingForget(&work->sections->training->keep, SgdCaseComm(work->sections->kase)));
  if (command->writes) SgdLockDrop();
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommand(const SgdInvocation *v) {
  char folder[PETSC_MAX_PATH_LEN];
  SgdSections sections;
  SgdWork work = {.sections = &sections, .invocation = v, .folder = folder, .began = MPI_Wtime()};
  SgdJournal journal;
  PetscErrorCode ierr;
  MPI_Comm comm;
  SgdCase c;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_dup(PETSC_COMM_WORLD, &comm)); /* the run's own, with its journal */
  PetscCall(SgdJournalOpen(comm, PETSC_FALSE, &journal));
  PetscCall(SgdProcessorView(comm));
  PetscCall(SgdEnvironmentView(comm));
  PetscCall(OpenCase(comm, v, &work.from, &c, folder, sizeof folder));
  PetscCall(SgdSectionsRead(c, &sections));
  if (work.from) PetscCall(SgdRestartCompare(work.from, c));
  ierr = SgdWorkOn(&work);
  if (v->figures && (!ierr || SgdExitCode(ierr) == SGD_EXIT_NUMBERS))
    PetscCall(SgdDrawLater(folder, (PetscBool)(v->quiet || v->json)));
  PetscCall(ierr);
  PetscCall(SgdSectionsFree(&sections));
  PetscCall(SgdCaseClose(&c));
  PetscCall(SgdJournalClose(&journal));
  PetscCallMPI(MPI_Comm_free(&comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}
