/* Finite or infinite variance, and power-law tails, from the linearisation at the reference point. */
#include "operators/linearised/tail.h"
#include "solver/stationary/stationaryimpl.h"

PetscErrorCode SgdTailsFind(const SgdModels *models, SgdTails *tails) {
  const SgdSgdOptions *sgd = models->context.sgd;
  const double factor =
      SgdLandscapeBatchFactor(models->context.landscape, sgd->batch_size, SgdSettingsSampling(models->context.sgd));
  const PetscInt P = models->context.slice->frame->P;
  double D, covariance, *hv;

  PetscFunctionBegin;
  *tails = (SgdTails){.axes = sgd->momentum != 0 ? 0 : models->context.slice->frame->dim};
  PetscCall(PetscMalloc1(P, &hv));
  for (int a = 0; a < tails->axes; a++) {
    const double *v = models->context.slice->frame->V + a * P;
    double lambda = 0;
    PetscCall(SgdLandscapeHessianApply(models->context.landscape, models->context.slice->frame->origin, v, hv));
    for (PetscInt i = 0; i < P; i++) lambda += v[i] * hv[i];
    PetscCall(SgdLandscapeModeNoise(models->context.landscape, models->context.slice->frame->origin, v, &D,
                                    &tails->Gamma[a], &covariance));
    tails->Gamma[a] *= factor;
    tails->lyapunov[a] =
        SgdLyapunovExponent(1 - sgd->learning_rate * lambda, sgd->learning_rate * sqrt(tails->Gamma[a]));
    tails->axis[a] = SgdModePredict(sgd->learning_rate, lambda, factor * D, tails->Gamma[a], 0, sgd->steps);
  }
  PetscCall(PetscFree(hv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewOne(MPI_Comm comm, const char *who, double variance, double tail) {
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

/* Noise that vanishes at the critical point lets nothing leave it. */
static PetscErrorCode SayCollapse(MPI_Comm comm, int a, const SgdModePrediction *x) {
  PetscFunctionBegin;
  PetscCall(SgdSay(comm,
                   "No stationary density along axis %d: the noise vanishes at the reference point, and all mass "
                   "collapses onto it there",
                   a + 1));
  if (PetscIsInfReal(x->tail))
    PetscCall(SgdSay(comm, "\n"));
  else
    PetscCall(SgdSay(comm, " (moments below %.7g vanish, those above grow without bound on the way)\n", x->tail));
  PetscCall(SgdWarn(comm,
                    "axis %d: the stationary state is all mass at one point, narrower than any cell: a density there "
                    "is the grid's",
                    a + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTailsView(const SgdModels *models, const SgdTails *tails) {
  PetscFunctionBegin;
  for (int a = 0; a < tails->axes; a++) {
    const SgdModePrediction *x = &tails->axis[a];
    if (x->collapses) PetscCall(SayCollapse(models->grid->comm, a, x));
    if (tails->Gamma[a] <= 0 || x->collapses) continue;
    PetscCall(SgdSay(models->grid->comm, "Variance along axis %d (closed moments at the reference point): ", a + 1));
    PetscCall(ViewOne(models->grid->comm, "SGD", x->variance_stationary, x->tail));
    PetscCall(ViewOne(models->grid->comm, "; Langevin", x->variance_langevin, x->tail_langevin));
    PetscCall(
        SgdSay(models->grid->comm,
               "; Lyapunov exponent of SGD's map %.7g a step\n  (exponent: |a|^{-1-alpha} with E|1 - eta h|^alpha "
               "= 1, h the minibatch curvature, taken for Gaussian)\n",
               tails->lyapunov[a]));
    if (x->tail > 0 && x->tail < 4)
      PetscCall(
          SgdWarn(models->grid->comm,
                  "axis %d: the stationary density's tail is so heavy (exponent %.4g) that the moments in any box "
                  "are the box's: compare with the closed moments above",
                  a + 1, x->tail));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
