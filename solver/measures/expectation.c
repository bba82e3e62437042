#include "solver/measures/expectation.h"
#include "cases/file/case_types.h"

/* The first is left out where there are no steps. */
static const cyaml_schema_field_t fields[] = {
    SGD_INTEGER("step", SgdExpectation, step),
    CYAML_FIELD_STRING_PTR("model", CYAML_FLAG_POINTER, SgdExpectation, model, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("quantity", CYAML_FLAG_POINTER, SgdExpectation, quantity, 0, CYAML_UNLIMITED),
    CYAML_FIELD_FLOAT("value", CYAML_FLAG_DEFAULT, SgdExpectation, value),
    CYAML_FIELD_FLOAT("tolerance", CYAML_FLAG_DEFAULT, SgdExpectation, tolerance),
    SGD_BOOL("relative", SgdExpectation, relative),
    CYAML_FIELD_END};
static const cyaml_schema_value_t with = SGD_SECTION(SgdExpectation, fields),
                                  without = SGD_SECTION(SgdExpectation, fields + 1);

PetscErrorCode SgdExpectationRead(SgdCase c, const char *section, PetscBool with_step, SgdExpectation **e) {
  PetscFunctionBegin;
  if (with_step)
    PetscCall(SgdCaseRead(c, section, &with, "step: -1\nrelative: false\n", NULL, e));
  else
    PetscCall(SgdCaseRead(c, section, &without, "relative: false\n", NULL, e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExpectationJudge(const SgdExpectation *e, MPI_Comm comm, const char *where, double value,
                                   int *misses) {
  const double error = PetscAbsReal(value - e->value) / (e->relative ? PetscAbsReal(e->value) : 1);
  const PetscBool met = (PetscBool)(error <= e->tolerance);

  PetscFunctionBegin;
  *misses += !met;
  PetscCall(SgdSay(comm, "  %s %s.%s%s: %.12g, expected %.12g, %s error %.2g, tolerance %.2g\n", SgdMetOrMissed(met),
                   e->model, e->quantity, where, value, e->value, e->relative ? "relative" : "absolute", error,
                   e->tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}
