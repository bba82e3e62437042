/* What a run says, and its warnings. A journal belongs to a communicator: whatever is built on that, or on a duplicate
   of it, speaks there (SgdSay, SgdWarn and SgdFail of base.h look for it). Without one, lines and warnings are printed
   and forgotten. */
#pragma once
#include "cases/base/base.h"

typedef struct _p_SgdJournal *SgdJournal;

/* For the runs on comm, before anything is built on it: give a run a communicator of its own (MPI_Comm_dup). quiet:
   nothing is printed, only kept. */
PETSC_EXTERN PetscErrorCode SgdJournalOpen(MPI_Comm comm, PetscBool quiet, SgdJournal *journal);
PETSC_EXTERN void SgdJournalQuiet(SgdJournal journal, PetscBool quiet);
/* That of comm; NULL: it has none. */
PETSC_EXTERN SgdJournal SgdJournalOf(MPI_Comm comm);
PETSC_EXTERN PetscErrorCode SgdJournalClose(SgdJournal *journal);

/* The warnings so far, in order; at most SGD_MAX_WARNINGS are kept. A NULL journal has none. */
#define SGD_MAX_WARNINGS 64
PETSC_EXTERN int SgdWarningCount(SgdJournal journal);
PETSC_EXTERN const char *SgdWarning(SgdJournal journal, int index);
/* Forget the warnings so far; and remember one without printing it: what was said before a restart. */
PETSC_EXTERN void SgdWarningsClear(SgdJournal journal);
PETSC_EXTERN void SgdWarningKeep(SgdJournal journal, const char *message);
/* The last error, as SgdFail put it; "" if there was none. */
PETSC_EXTERN const char *SgdJournalError(SgdJournal journal);
