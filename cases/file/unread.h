/* Keys that are given where nothing reads them: whoever wrote them meant to change something, so they are errors, or, where
   one section is meant to serve several choices, warnings. */
#pragma once
#include "cases/file/case.h"

typedef struct {
  const char *key;
  PetscBool given; /* other than by default: a case as resolved holds every key */
} SgdGivenKey;

/* The first of key [n] of `section` that is given and is not one of the words of `reads` (with blanks between them) is an
   error there (exit 2): `choice`, the value of the section's key `by`, does not read it. Collective. */
PETSC_EXTERN PetscErrorCode SgdCaseUnread(SgdCase c, const char *section, const char *by, const char *choice,
                                          const char *reads, int n, const SgdGivenKey key[]);
/* The same as a warning. */
PETSC_EXTERN PetscErrorCode SgdCaseWarnUnread(SgdCase c, const char *section, const char *choice, const char *reads,
                                              int n, const SgdGivenKey key[]);
