/* `check: {error: true}` in the command `stationary`: the eigenvalues once more on half the cells per axis. */
#include "solver/stationary/stationaryimpl.h"

/* Order q: the fine grid's error is the difference over 2^q - 1, and the value without it; spectral models: the half
   grid's error, a bound. Pairs are matched by their place in the order of decay. */
static void Estimate(SgdStationaryState *s, SgdEigenpairs half, SgdModelKind kind, int order, double eta) {
  for (int k = 0; k < s->e->count; k++) {
    const double fine = -SgdEigenpairsLogMu(s->e, kind, eta, k) / eta;
    const double coarse = k < half->count ? -SgdEigenpairsLogMu(half, kind, eta, k) / eta : NAN;
    s->error[k] = PetscAbsReal(fine - coarse) / (order ? pow(2, order) - 1 : 1);
    s->extrapolated[k] = order ? fine + (fine - coarse) / (pow(2, order) - 1) : fine;
  }
}

static PetscErrorCode ViewErrors(const SgdModels *models, int m, const SgdStationaryState *s) {
  const char *name = SgdModelName(models->model[m]);
  const int order = SgdModelOrder(models->model[m]);

  PetscFunctionBegin;
  if (order)
    PetscCall(SgdSay(models->grid->comm, "  %s, extrapolated with order %d:\n", name, order));
  else
    PetscCall(SgdSay(models->grid->comm, "  %s, errors at most:\n", name));
  for (int k = 0; k < s->e->count; k++)
    PetscCall(SgdSay(models->grid->comm, "    rate %d: %.12g, error %.1e\n", k + 1, s->extrapolated[k], s->error[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryCheck(const SgdModels *models, const SgdEigenpairsOptions *o, SgdStationaryState s[]) {
  const double eta = models->context.sgd->learning_rate;
  SgdEigenpairs e;
  SgdHalfModels half;

  PetscFunctionBegin;
  PetscCall(SgdSay(models->grid->comm, "Error check: the rates on half the cells per axis\n"));
  PetscCall(SgdHalfModelsCreate(models, &half));
  for (int m = 0; m < models->count; m++) {
    if (!s[m].e || half.models.failed[m]) continue;
    PetscCall(SgdEigenpairsCompute(half.models.model[m], half.grid, eta, o, &e));
    PetscCall(PetscMalloc2(s[m].e->count, &s[m].error, s[m].e->count, &s[m].extrapolated));
    Estimate(&s[m], e, SgdModelGetKind(models->model[m]), SgdModelOrder(models->model[m]), eta);
    PetscCall(ViewErrors(models, m, &s[m]));
    PetscCall(SgdEigenpairsDestroy(&e));
  }
  PetscCall(SgdHalfModelsDestroy(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}
