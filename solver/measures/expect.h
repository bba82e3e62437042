/* Section `expect`: values with tolerances that the program itself checks at the end of a run (exit 3 when missed).
     expect:
       - {model: master, quantity: mean_1, step: 50, value: -0.439029711451, tolerance: 1.0e-8}
   quantity: a column of moments.csv or distances.csv; step -1: the last; relative: true for a relative tolerance. */
#pragma once
#include "solver/measures/expectation.h"
#include "solver/measures/history.h"

typedef struct {
  int count;
  SgdExpectation **item; /* [count], of the case */
} SgdExpectations;

/* Read the section and check its keys. */
PETSC_INTERN PetscErrorCode SgdExpectRead(SgdCase c, SgdExpectations *e);
/* Before the work: is there every model, output step and quantity that is named (exit 2)? */
PETSC_INTERN PetscErrorCode SgdExpectFit(SgdCase c, const SgdExpectations *e, int models, const char *const *model,
                                         int steps, PetscInt *step, int dim);
PETSC_INTERN PetscErrorCode SgdExpectFree(SgdExpectations *e);
/* Compare; prints one line per expectation and fails with exit 3 if any is missed. */
PETSC_INTERN PetscErrorCode SgdExpectCheck(SgdCase c, const SgdExpectations *e, const SgdHistory *h, int dim);
