/* The library's face (sgdfp.h): each call goes to the part of the program that does it. */
#include "solver/sgdfp.h"
#include "cases/base/environment.h"
#include "cases/base/package.h"
#include "cases/base/journal.h"
#include "solver/commands/commands.h"
#include "solver/comparison/compare.h"
#include "solver/output/output.h"
#include <slepcsys.h>

struct _p_SgdfpCase {
  MPI_Comm comm; /* of its own */
  SgdJournal journal;
  SgdCase kase;
  SgdSections sections;
  SgdResult result;
  PetscBool ran, failed; /* failed: objects of a broken-off run still hold the communicator */
  char folder[PETSC_MAX_PATH_LEN];
};

static PetscBool initialised_here;

int SgdfpInitialize(int *argc, char ***argv) {
  PetscBool already;

  if (SlepcInitialized(&already)) return SGDFP_BUG;
  initialised_here = (PetscBool)!already;
  SgdEnvironmentPrepare(PETSC_TRUE);
  if (!already && SlepcInitialize(argc, argv, NULL, NULL)) return SGDFP_BUG;
  return SgdErrorHandlerPush() || SgdInitializePackage() ? SGDFP_BUG : SGDFP_DONE;
}

int SgdfpFinalize(void) {
  if (PetscPopErrorHandler()) return SGDFP_BUG;
  return initialised_here && SlepcFinalize() ? SGDFP_BUG : SGDFP_DONE;
}

static int Code(SgdfpCase c, PetscErrorCode ierr) {
  if (ierr && c) c->failed = PETSC_TRUE;
  return SgdExitCode(ierr);
}

/* text NULL: from the file. */
static PetscErrorCode Open(MPI_Comm comm, const char *path, const char *text, int count, const char *const set[],
                           SgdfpCase c) {
  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_dup(comm, &c->comm));
  PetscCall(SgdJournalOpen(c->comm, PETSC_TRUE, &c->journal));
  if (text)
    PetscCall(SgdCaseOpenText(c->comm, path, text, count, set, &c->kase));
  else
    PetscCall(SgdCaseOpen(c->comm, path, count, set, &c->kase));
  PetscCall(SgdSectionsRead(c->kase, &c->sections));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int OpenHandle(MPI_Comm comm, const char *path, const char *text, int count, const char *const set[],
                      SgdfpCase *c) {
  if (PetscNew(c)) return SGDFP_BUG;
  return Code(*c, Open(comm, path, text, count, set, *c));
}

int SgdfpOpenFile(MPI_Comm comm, const char *path, int count, const char *const set[], SgdfpCase *c) {
  return OpenHandle(comm, path, NULL, count, set, c);
}

int SgdfpOpenText(MPI_Comm comm, const char *text, int count, const char *const set[], SgdfpCase *c) {
  return OpenHandle(comm, "case.yaml", text, count, set, c);
}

static PetscErrorCode Close(SgdfpCase c) {
  PetscFunctionBegin;
  PetscCall(SgdHistoryFree(&c->result.history));
  if (c->kase) PetscCall(SgdSectionsFree(&c->sections));
  if (c->kase) PetscCall(SgdCaseClose(&c->kase));
  if (!c->failed) {
    PetscCall(SgdJournalClose(&c->journal));
    PetscCallMPI(MPI_Comm_free(&c->comm));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdfpClose(SgdfpCase *c) {
  if (!c || !*c) return SGDFP_DONE;
  const int code = SgdExitCode(Close(*c));
  return PetscFree(*c) ? SGDFP_BUG : code;
}

int SgdfpSpeak(SgdfpCase c, int yes) {
  SgdJournalQuiet(c->journal, (PetscBool)!yes);
  return SGDFP_DONE;
}

int SgdfpRun(SgdfpCase c, const char *folder, int overwrite) {
  static char *argv[] = {(char *)"libsgdfp", NULL};
  const SgdInvocation invocation = {.command = "run", .overwrite = (PetscBool) !!overwrite, .argc = 1, .argv = argv};
  SgdWork work = {.sections = &c->sections, .invocation = &invocation, .folder = c->folder, .result = &c->result};

  if (c->ran || c->failed) return SGDFP_BUG;
  c->ran = PETSC_TRUE;
  work.began = MPI_Wtime();
  if (PetscStrncpy(c->folder, folder, sizeof c->folder)) return SGDFP_BUG;
  return Code(c, SgdWorkOn(&work));
}

const char *SgdfpError(SgdfpCase c) {
  return SgdJournalError(c ? c->journal : NULL);
}

int SgdfpWarnings(SgdfpCase c) {
  return SgdWarningCount(c->journal);
}

const char *SgdfpWarning(SgdfpCase c, int index) {
  return index < 0 || index >= SgdWarningCount(c->journal) ? "" : SgdWarning(c->journal, index);
}

int SgdfpModels(SgdfpCase c) {
  return c->result.history.models;
}

const char *SgdfpModelName(SgdfpCase c, int model) {
  return model < 0 || model >= c->result.history.models ? "" : c->result.history.model[model];
}

int SgdfpOutputs(SgdfpCase c) {
  return c->result.history.steps;
}

int SgdfpStep(SgdfpCase c, int output) {
  return output < 0 || output >= c->result.history.steps ? -1 : (int)c->result.history.step[output];
}

int SgdfpDimension(SgdfpCase c) {
  return c->result.dim;
}

int SgdfpAxis(SgdfpCase c, int axis, int *cells, double *min, double *max) {
  if (axis < 0 || axis >= c->result.dim) return SGDFP_BUG;
  *cells = (int)c->result.n[axis];
  *min = c->result.min[axis];
  *max = c->result.max[axis];
  return SGDFP_DONE;
}

static PetscBool Known(SgdfpCase c, int model, int output) {
  const SgdHistory *h = &c->result.history;
  return (PetscBool)(model >= 0 && model < h->models && output >= 0 && output < h->steps);
}

int SgdfpMoment(SgdfpCase c, int model, int output, const char *name, double *value) {
  if (!Known(c, model, output)) return SGDFP_BUG;
  return SgdHistoryQuantity(&c->result.history, c->result.dim, output, model, name, value) ? SGDFP_BUG : SGDFP_DONE;
}

int SgdfpDensity(SgdfpCase c, int model, int output, double *density, size_t size) {
  size_t cells = 1;

  for (int a = 0; a < c->result.dim; a++) cells *= (size_t)c->result.n[a];
  if (!Known(c, model, output) || size != cells) return SGDFP_BUG;
  return SgdExitCode(SgdOutputReadDensity(c->comm, c->folder, SgdfpModelName(c, model), output, size, density));
}
