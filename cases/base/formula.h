/* A scalar expression in the coordinates a1, a2, a3 and in named constants, as text ("sin(3*a1) + k*a1^2"): parsed and
   evaluated by muParser (its functions: sin cos tan asin .. sinh .. exp ln log2 log10 sqrt abs min max sign rint; pi and
   e besides). Not collective, no communication: the same bits on every rank. */
#pragma once
#include "cases/base/base.h"

typedef struct _p_SgdFormula *SgdFormula;

typedef struct {
  const char *name;
  double value;
} SgdConstant;

/* Parse `text` in `dim` coordinates (1 .. 3; 0: constants only). *why is NULL, or says what is wrong with it (position
   and word), owned by the formula, which is to be destroyed all the same. */
PETSC_INTERN PetscErrorCode SgdFormulaCreate(const char *text, int dim, int count, const SgdConstant *constants,
                                             SgdFormula *f, const char **why);
PETSC_INTERN PetscErrorCode SgdFormulaDestroy(SgdFormula *f);

/* Its value at a [dim]; not finite where the expression is not (the logarithm of a negative number). */
PETSC_INTERN double SgdFormulaValue(SgdFormula f, const double *a);
/* d/da_i, and d^2/(da_i da_j): central differences extrapolated in the step (Ridders 1982), whose error is near rounding
   for smooth expressions; *error (may be NULL) is the extrapolation's own estimate of it, absolute. */
PETSC_INTERN double SgdFormulaFirst(SgdFormula f, const double *a, int i, double *error);
PETSC_INTERN double SgdFormulaSecond(SgdFormula f, const double *a, int i, int j, double *error);
