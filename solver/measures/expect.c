#include "solver/measures/expect.h"

PetscErrorCode SgdExpectRead(SgdCase c, SgdExpectations *list) {
  char section[32];

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(c, "expect", &list->count));
  list->count = PetscMax(0, list->count);
  PetscCall(PetscMalloc1(list->count, &list->item));
  for (int i = 0; i < list->count; i++) {
    PetscCall(PetscSNPrintf(section, sizeof section, "expect.%d", i));
    PetscCall(SgdExpectationRead(c, section, PETSC_TRUE, &list->item[i]));
    SgdCaseCheck(c, list->item[i]->tolerance > 0, section, "tolerance must be positive, got %g",
                 list->item[i]->tolerance);
    SgdCaseCheck(c, !list->item[i]->relative || list->item[i]->value != 0, section,
                 "a relative tolerance of the value 0 is never met: leave out relative");
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

/* The model and the output step that are meant; its quantity there. */
static PetscErrorCode Find(SgdCase c, const SgdExpectation *e, int index, const SgdHistory *h, int *m, int *k) {
  char section[32];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "expect.%d", index));
  *m = FindModel(h, e->model);
  *k = FindStep(h, e->step);
  SgdCaseCheck(c, *m >= 0, section, "no model is named \"%s\"", e->model);
  SgdCaseCheck(c, *k >= 0, section, "step %d is not an output step (output.steps)", e->step);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Value(SgdCase c, const SgdExpectation *e, int index, const SgdHistory *h, int dim, int k, int m,
                            double *value) {
  char section[32];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "expect.%d", index));
  SgdCaseCheck(c, !SgdHistoryQuantity(h, dim, k, m, e->quantity, value), section,
               "unknown quantity \"%s\": expected a column of moments.csv or distances.csv", e->quantity);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExpectFit(SgdCase c, const SgdExpectations *list, int models, const char *const *model, int steps,
                            PetscInt *step, int dim) {
  SgdHistory h = {.models = models, .model = model, .steps = steps, .step = step};
  double none;
  int m, k;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(models, &h.moments, models, &h.distances));
  for (int i = 0; i < list->count; i++) {
    PetscCall(Find(c, list->item[i], i, &h, &m, &k));
    PetscCall(Value(c, list->item[i], i, &h, dim, 0, m, &none));
  }
  PetscCall(PetscFree2(h.moments, h.distances));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckOne(SgdCase c, const SgdExpectation *e, int index, const SgdHistory *h, int dim,
                               int *misses) {
  char where[32];
  double value;
  int m, k;

  PetscFunctionBegin;
  PetscCall(Find(c, e, index, h, &m, &k));
  PetscCall(Value(c, e, index, h, dim, k, m, &value));
  PetscCall(PetscSNPrintf(where, sizeof where, " at step %d", (int)h->step[k]));
  PetscCall(SgdExpectationJudge(e, SgdCaseComm(c), where, value, misses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdExpectCheck(SgdCase c, const SgdExpectations *list, const SgdHistory *h, int dim) {
  const int count = list->count;
  int misses = 0;

  PetscFunctionBegin;
  if (count > 0) PetscCall(SgdSay(SgdCaseComm(c), "Expectations:\n"));
  for (int i = 0; i < count; i++) PetscCall(CheckOne(c, list->item[i], i, h, dim, &misses));
  if (misses)
    return SgdFail(SgdCaseComm(c), SGD_EXIT_NUMBERS, "%d of %d expectations of the case were missed (see above)",
                   misses, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}
