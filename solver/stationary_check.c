/* `check: {error: true}` in the command `stationary`: the eigenvalues once more on half the cells per axis. */
#include "stationaryimpl.h"

/* Order 2: what the fine grid's error is a third of the difference for, and what is left without it; spectral models:
   the half grid's error, a bound. Pairs are told apart by their order; complex ones by their decay. */
static void Estimate(SgdStationaryState *s, SgdEigenpairs half, SgdModelKind kind, int order, double eta) {
  for (int k = 0; k < s->e->count; k++) {
    const double fine = -SgdEigenpairsLogMu(s->e, kind, eta, k) / eta;
    const double coarse = k < half->count ? -SgdEigenpairsLogMu(half, kind, eta, k) / eta : NAN;
    s->error[k] = PetscAbsReal(fine - coarse) / (order == 2 ? 3 : 1);
    s->extrapolated[k] = order == 2 ? fine + (fine - coarse) / 3 : fine;
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
    PetscCall(SgdSay(p->comm, "  %s, %s:\n", SgdModelName(p->model[m]),
                     SgdModelOrder(p->model[m]) == 2 ? "errors a third of the difference, extrapolated (order 2)"
                                                     : "errors at most the difference"));
    for (int k = 0; k < s[m].e->count; k++)
      PetscCall(SgdSay(p->comm, "    rate %d: %.12g, error %.1e\n", k + 1, s[m].extrapolated[k], s[m].error[k]));
    PetscCall(SgdEigenpairsDestroy(&e));
  }
  PetscCall(SgdProblemHalveDestroy(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}
