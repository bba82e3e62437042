/* Finite or infinite variance, and power-law tails, from the linearisation at the reference point. */
#include "solver/stationary/stationaryimpl.h"

PetscErrorCode SgdTailsFind(SgdProblem *p, SgdTails *tails) {
  const SgdSgdOptions *sgd = p->settings.sgd;
  const double factor = SgdLandscapeBatchFactor(p->landscape, sgd->batch_size, SgdSettingsSampling(&p->settings));
  const PetscInt P = p->frame->P;
  double D, covariance, *hv;

  PetscFunctionBegin;
  *tails = (SgdTails){.axes = sgd->momentum > 0 ? 0 : p->frame->dim};
  PetscCall(PetscMalloc1(P, &hv));
  for (int a = 0; a < tails->axes; a++) {
    const double *v = p->frame->V + a * P;
    double lambda = 0;
    PetscCall(SgdLandscapeHessianApply(p->landscape, p->w_ref, v, hv));
    for (PetscInt i = 0; i < P; i++) lambda += v[i] * hv[i];
    PetscCall(SgdLandscapeModeNoise(p->landscape, p->w_ref, v, &D, &tails->Gamma[a], &covariance));
    tails->Gamma[a] *= factor;
    tails->axis[a] = SgdModePredict(sgd->learning_rate, lambda, factor * D, tails->Gamma[a], 0, sgd->steps);
  }
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SayOne(MPI_Comm comm, const char *who, double variance, double tail) {
  PetscFunctionBegin;
  if (tail == 0)
    PetscCall(SgdSay(comm, "%s: no stationary density", who));
  else if (!(tail > 2))
    PetscCall(SgdSay(comm, "%s: infinite, though a stationary density exists, tail exponent %.7g", who, tail));
  else if (PetscIsInfReal(tail))
    PetscCall(SgdSay(comm, "%s: finite, %.10g, no tail below the 100th moment", who, variance));
  else
    PetscCall(SgdSay(comm, "%s: finite, %.10g, tail exponent %.7g", who, variance, tail));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTailsSay(SgdProblem *p, const SgdTails *tails) {
  PetscFunctionBegin;
  for (int a = 0; a < tails->axes; a++) {
    const SgdModePrediction *x = &tails->axis[a];
    if (tails->Gamma[a] <= 0) continue;
    PetscCall(SgdSay(p->comm, "Variance along axis %d (closed moments at the reference point): ", a + 1));
    PetscCall(SayOne(p->comm, "SGD", x->variance_stationary, x->tail));
    PetscCall(SayOne(p->comm, "; Langevin", x->variance_langevin, x->tail_langevin));
    PetscCall(SgdSay(p->comm,
                     "\n  (exponent: |a|^{-1-alpha} with E|1 - eta h|^alpha = 1, h the minibatch curvature, taken "
                     "for Gaussian)\n"));
    if (x->tail > 0 && x->tail < 4)
      PetscCall(
          SgdWarn(p->comm,
                  "axis %d: the stationary density's tail is so heavy (exponent %.4g) that the moments in any box "
                  "are the box's: compare with the closed moments above",
                  a + 1, x->tail));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
