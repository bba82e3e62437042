#include "cases/base/journal.h"
#include <stdarg.h>
#include <stdio.h>

#define LONGEST 2048

struct _p_SgdJournal {
  MPI_Comm comm;
  PetscBool quiet;
  int warnings;
  char warning[SGD_MAX_WARNINGS][512];
  char error[LONGEST];
};

/* The attribute of a communicator that its duplicates inherit. */
static PetscMPIInt Key(void) {
  static PetscMPIInt key = MPI_KEYVAL_INVALID;

  if (key == MPI_KEYVAL_INVALID) MPI_Comm_create_keyval(MPI_COMM_DUP_FN, MPI_COMM_NULL_DELETE_FN, &key, NULL);
  return key;
}

PetscErrorCode SgdJournalOpen(MPI_Comm comm, PetscBool quiet, SgdJournal *journal) {
  PetscFunctionBegin;
  PetscCall(PetscNew(journal));
  (*journal)->comm = comm;
  (*journal)->quiet = quiet;
  PetscCallMPI(MPI_Comm_set_attr(comm, Key(), *journal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdJournalQuiet(SgdJournal journal, PetscBool quiet) {
  journal->quiet = quiet;
}

SgdJournal SgdJournalOf(MPI_Comm comm) {
  SgdJournal journal = NULL;
  int found = 0;

  MPI_Comm_get_attr(comm, Key(), &journal, &found);
  return found ? journal : NULL;
}

PetscErrorCode SgdJournalClose(SgdJournal *journal) {
  PetscFunctionBegin;
  if (!*journal) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCallMPI(MPI_Comm_delete_attr((*journal)->comm, Key()));
  PetscCall(PetscFree(*journal));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdWarningCount(SgdJournal journal) {
  return journal ? journal->warnings : 0;
}

const char *SgdWarning(SgdJournal journal, int index) {
  return journal->warning[index];
}

void SgdWarningsClear(SgdJournal journal) {
  if (journal) journal->warnings = 0;
}

void SgdWarningKeep(SgdJournal j, const char *message) {
  if (j && j->warnings < SGD_MAX_WARNINGS) snprintf(j->warning[j->warnings++], sizeof *j->warning, "%s", message);
}

const char *SgdJournalError(SgdJournal journal) {
  return journal ? journal->error : "";
}

/* Does this rank print? */
static PetscBool Speaks(MPI_Comm comm, SgdJournal journal) {
  PetscMPIInt rank;

  MPI_Comm_rank(comm, &rank);
  return (PetscBool)(!rank && !(journal && journal->quiet));
}

PetscErrorCode SgdSay(MPI_Comm comm, const char *format, ...) {
  va_list args;

  if (!Speaks(comm, SgdJournalOf(comm))) return PETSC_SUCCESS;
  va_start(args, format);
  vprintf(format, args);
  va_end(args);
  fflush(stdout);
  return PETSC_SUCCESS;
}

static void Complain(const char *kind, const char *message) {
  fflush(stdout);
  fprintf(stderr, "sgdfp: %s%s\n", kind, message);
}

PetscErrorCode SgdWarn(MPI_Comm comm, const char *format, ...) {
  SgdJournal journal = SgdJournalOf(comm);
  char message[512];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  SgdWarningKeep(journal, message);
  if (Speaks(comm, journal)) Complain("warning: ", message);
  return PETSC_SUCCESS;
}

PetscErrorCode SgdFail(MPI_Comm comm, SgdExit exit, const char *format, ...) {
  SgdJournal journal = SgdJournalOf(comm);
  char message[LONGEST];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  if (journal) snprintf(journal->error, sizeof journal->error, "%s", message);
  if (Speaks(comm, journal)) Complain("", message);
  return SgdErrorCode(exit);
}
