/* One expectation of a case: a quantity of a model, its value, and how far off it may be. */
#pragma once
#include "cases/file/case.h"
#include <stdbool.h>

typedef struct {
  int step; /* where it has one; -1: the last */
  char *model, *quantity;
  double value, tolerance;
  bool relative; /* the tolerance */
} SgdExpectation;

/* Read item `section` ("expect.0"); with_step: it may say at which step. The case owns it. */
PETSC_INTERN PetscErrorCode SgdExpectationRead(SgdCase c, const char *section, PetscBool with_step, SgdExpectation **e);
/* One line that says whether it is met; where: what follows its name (" at step 50"). What is not a number is a miss. */
PETSC_INTERN PetscErrorCode SgdExpectationJudge(const SgdExpectation *e, MPI_Comm comm, const char *where, double value,
                                                int *misses);
/* The first word of such a line. */
static inline const char *SgdMetOrMissed(PetscBool met) {
  return met ? "met   " : "MISSED";
}
