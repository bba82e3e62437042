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

PetscErrorCode SgdStationaryCheck(SgdProblem *p, const SgdEigenpairsOptions *o, SgdStationaryState s[]) {
  const double eta = p->settings.sgd->learning_rate;
  SgdEigenpairs e;
  SgdProblem half;

  PetscFunctionBegin;
  PetscCall(SgdSay(p->comm, "Error check: the rates on half the cells per axis\n"));
  PetscCall(SgdProblemHalve(p, &half));
  for (int m = 0; m < p->models; m++) {
    PetscCall(SgdEigenpairsCompute(half.model[m], half.grid, eta, o, &e));
    PetscCall(PetscMalloc2(s[m].e->count, &s[m].error, s[m].e->count, &s[m].extrapolated));
    Estimate(&s[m], e, SgdModelGetKind(p->model[m]), SgdModelOrder(p->model[m]), eta);
    if (SgdModelOrder(p->model[m]))
      PetscCall(SgdSay(p->comm, "  %s, extrapolated with order %d:\n", SgdModelName(p->model[m]),
                       SgdModelOrder(p->model[m])));
    else
      PetscCall(SgdSay(p->comm, "  %s, errors at most:\n", SgdModelName(p->model[m])));
    for (int k = 0; k < s[m].e->count; k++)
      PetscCall(SgdSay(p->comm, "    rate %d: %.12g, error %.1e\n", k + 1, s[m].extrapolated[k], s[m].error[k]));
    PetscCall(SgdEigenpairsDestroy(&e));
  }
  PetscCall(SgdProblemHalveDestroy(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}
