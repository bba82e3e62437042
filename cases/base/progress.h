/* When long work says how far it is (SgdTell): every few seconds, on a terminal more often. */
#pragma once
#include "cases/base/base.h"
#include "cases/base/voice.h"
#include <petsctime.h>

typedef struct {
  PetscLogDouble start, last; /* seconds */
} SgdProgress;

enum { SGD_PROGRESS_SECONDS = 5 };

static inline SgdProgress SgdProgressStart(void) {
  SgdProgress p;
  PetscTime(&p.start);
  p.last = p.start;
  return p;
}

static inline double SgdProgressElapsed(const SgdProgress *p) {
  PetscLogDouble now;
  PetscTime(&now);
  return now - p->start;
}

/* Seconds between two lines. */
static inline double SgdProgressEvery(void) {
  return SgdVoiceTerminal() ? 0.25 : SGD_PROGRESS_SECONDS;
}

/* True at most once every SgdProgressEvery seconds. The clock is this rank's own: nothing collective may depend on it. */
static inline PetscBool SgdProgressDue(SgdProgress *p) {
  PetscLogDouble now;
  PetscTime(&now);
  if (now - p->last < SgdProgressEvery()) return PETSC_FALSE;
  p->last = now;
  return PETSC_TRUE;
}
