#include "cases/base/journal.h"
#include "cases/base/voice.h"
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

/* --version is answered without MPI. */
static int Begun(void) {
  int begun;

  return !MPI_Initialized(&begun) && begun;
}

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

  if (!Begun()) return NULL;
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

/* How this rank speaks on comm. */
static SgdVoice Voice(MPI_Comm comm, SgdJournal journal) {
  PetscMPIInt rank = 0;

  if (Begun()) MPI_Comm_rank(comm, &rank);
  return rank || (journal && journal->quiet) ? SGD_VOICE_SILENT : SgdVoiceGet();
}

PetscErrorCode SgdSay(MPI_Comm comm, const char *format, ...) {
  const SgdVoice voice = Voice(comm, SgdJournalOf(comm));
  char few[LONGEST], *text = few;
  va_list args;
  int length;

  if (voice == SGD_VOICE_SILENT || voice == SGD_VOICE_QUIET) return PETSC_SUCCESS;
  va_start(args, format);
  length = vsnprintf(few, sizeof few, format, args);
  va_end(args);
  if (length >= (int)sizeof few) { /* a whole case */
    PetscCall(PetscMalloc1((size_t)length + 1, &text));
    va_start(args, format);
    vsnprintf(text, (size_t)length + 1, format, args);
    va_end(args);
  }
  SgdVoiceLine(voice, text);
  if (text != few) PetscCall(PetscFree(text));
  return PETSC_SUCCESS;
}

PetscErrorCode SgdTell(MPI_Comm comm, double share, double left, const char *format, ...) {
  char text[512];
  va_list args;

  va_start(args, format);
  vsnprintf(text, sizeof text, format, args);
  va_end(args);
  SgdVoiceProgress(Voice(comm, SgdJournalOf(comm)), text, share, left);
  return PETSC_SUCCESS;
}

/* Words of users' files go to terminals: without what a terminal would act on. */
static void MakePrintable(char *text) {
  for (unsigned char *c = (unsigned char *)text; *c; c++)
    if ((*c < ' ' && *c != '\n' && *c != '\t') || *c == 0x7f) *c = '?';
}

PetscErrorCode SgdWarn(MPI_Comm comm, const char *format, ...) {
  SgdJournal journal = SgdJournalOf(comm);
  char message[512];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  MakePrintable(message);
  SgdWarningKeep(journal, message);
  SgdVoiceComplain(Voice(comm, journal), "warning: ", message);
  return PETSC_SUCCESS;
}

PetscErrorCode SgdFail(MPI_Comm comm, SgdExit exit, const char *format, ...) {
  SgdJournal journal = SgdJournalOf(comm);
  char message[LONGEST];
  va_list args;

  va_start(args, format);
  vsnprintf(message, sizeof message, format, args);
  va_end(args);
  MakePrintable(message);
  if (journal) snprintf(journal->error, sizeof journal->error, "%s", message);
  SgdVoiceComplain(Voice(comm, journal), "", message);
  return SgdErrorCode(exit);
}
