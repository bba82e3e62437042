#include "solver/measures/expect.h"
#include "cases/file/case_types.h"

typedef SgdExpectation Expectation;

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("model", CYAML_FLAG_POINTER, Expectation, model, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("quantity", CYAML_FLAG_POINTER, Expectation, quantity, 0, CYAML_UNLIMITED),
    SGD_INTEGER("step", Expectation, step),
    CYAML_FIELD_FLOAT("value", CYAML_FLAG_DEFAULT, Expectation, value),
    CYAML_FIELD_FLOAT("tolerance", CYAML_FLAG_DEFAULT, Expectation, tolerance),
    SGD_BOOL("relative", Expectation, relative),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Expectation, fields);

PetscErrorCode SgdExpectRead(SgdCase c, SgdExpectations *list) {
  char section[32];

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(c, "expect", &list->count));
  list->count = PetscMax(0, list->count);
  PetscCall(PetscMalloc1(list->count, &list->item));
  for (int i = 0; i < list->count; i++) {
    PetscCall(PetscSNPrintf(section, sizeof section, "expect.%d", i));
    PetscCall(SgdCaseRead(c, section, &schema, "step: -1\nrelative: false\n", NULL, &list->item[i]));
    SgdCaseCheck(c, list->item[i]->tolerance > 0, section, "tolerance must be positive, got %g",
                 list->item[i]->tolerance);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExpectFree(SgdExpectations *list) {
  return PetscFree(list->item);
}

static int FindModel(const SgdHistory *h, const char *name) {
  for (int m = 0; m < h->models; m++)
    if (!strcmp(h->model[m], name)) return m;
  return -1;
}

static int FindStep(const SgdHistory *h, int step) {
  for (int k = 0; k < h->steps; k++)
    if (h->step[k] == step || (step < 0 && k == h->steps - 1)) return k;
  return -1;
}

static PetscErrorCode CheckOne(SgdCase c, const SgdExpectation *e, int index, const SgdHistory *h, int dim,
                               PetscBool *missed) {
  char section[32];
  double value;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "expect.%d", index));
  const int m = FindModel(h, e->model), k = FindStep(h, e->step);
  SgdCaseCheck(c, m >= 0, section, "no model is named \"%s\"", e->model);
  SgdCaseCheck(c, k >= 0, section, "step %d is not an output step (output.steps)", e->step);
  SgdCaseCheck(c, !SgdHistoryQuantity(h, dim, k, m, e->quantity, &value), section,
               "unknown quantity \"%s\": expected a column of moments.csv or distances.csv", e->quantity);
  const double error = PetscAbsReal(value - e->value) / (e->relative ? PetscAbsReal(e->value) : 1);
  *missed = (PetscBool) !(error <= e->tolerance);
  PetscCall(SgdSay(SgdCaseComm(c), "  %s %s.%s at step %d: %.12g, expected %.12g, %s error %.2g, tolerance %.2g\n",
                   *missed ? "MISSED" : "met   ", e->model, e->quantity, (int)h->step[k], value, e->value,
                   e->relative ? "relative" : "absolute", error, e->tolerance));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExpectCheck(SgdCase c, const SgdExpectations *list, const SgdHistory *h, int dim) {
  const int count = list->count;
  int misses = 0;
  PetscBool missed = PETSC_FALSE;

  PetscFunctionBegin;
  if (count > 0) PetscCall(SgdSay(SgdCaseComm(c), "Expectations:\n"));
  for (int i = 0; i < count; i++) {
    PetscCall(CheckOne(c, list->item[i], i, h, dim, &missed));
    misses += missed;
  }
  if (misses)
    return SgdFail(SgdCaseComm(c), SGD_EXIT_NUMBERS, "%d of %d expectations of the case were missed (see above)",
                   misses, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}
