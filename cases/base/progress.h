/* When long work prints a progress line: every few seconds, with an estimate of the time left. */
#pragma once
#include "cases/base/base.h"
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

/* True at most once every SGD_PROGRESS_SECONDS. The clock is this rank's own: nothing collective may depend on it. */
static inline PetscBool SgdProgressDue(SgdProgress *p) {
  PetscLogDouble now;
  PetscTime(&now);
  if (now - p->last < SGD_PROGRESS_SECONDS) return PETSC_FALSE;
  p->last = now;
  return PETSC_TRUE;
}
