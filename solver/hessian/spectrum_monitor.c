#include "solver/hessian/spectrum_monitor.h"
#include <math.h>

/* Residuals relative to the size of the whole matrix: those of eigenvalues near zero cannot be relative to them. */
static PetscErrorCode Converged(EPS eps, PetscScalar lambda, PetscScalar imaginary, PetscReal residual,
                                PetscReal *error, void *context) {
  const SgdSpectrumWatch *w = context;
  const double scale = PetscMax(w->scale, PetscAbsScalar(lambda));

  (void)eps, (void)imaginary;
  *error = scale > 0 ? residual / scale : residual;
  return PETSC_SUCCESS;
}

/* Share of the way: pairs converge one after the other, the next one by log(error) / log(tolerance). */
static double ShareConverged(const SgdSpectrumWatch *w, PetscInt converged, const PetscReal *error, PetscInt errors) {
  double share = (double)PetscMin(converged, w->wanted);

  if (converged < w->wanted && converged < errors && error[converged] < 1)
    share += PetscMin(1, log(error[converged]) / log(w->tolerance));
  return share / (double)w->wanted;
}

static PetscErrorCode Monitor_EPS(EPS eps, PetscInt iteration, PetscInt converged, PetscScalar *real,
                                  PetscScalar *imaginary, PetscReal *error, PetscInt errors, void *context) {
  SgdSpectrumWatch *w = context;

  PetscFunctionBegin;
  (void)eps, (void)real, (void)imaginary;
  if (converged < w->wanted && SgdProgressDue(&w->progress)) {
    const double elapsed = SgdProgressElapsed(&w->progress), share = ShareConverged(w, converged, error, errors);
    PetscCall(
        SgdTell(w->comm, share > 0 ? share : -1, share > 0 ? elapsed * (1 - share) / share : -1,
                "spectrum, %s: restart %d, %d of %d eigenpairs converged, residual of the next %.2g (to %.2g), %.0f s",
                w->name, (int)iteration, (int)converged, (int)w->wanted, converged < errors ? error[converged] : 0,
                w->tolerance, elapsed));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumWatchSet(EPS eps, SgdSpectrumWatch *watch) {
  PetscFunctionBegin;
  watch->progress = SgdProgressStart();
  PetscCall(EPSSetConvergenceTestFunction(eps, Converged, watch, NULL));
  PetscCall(EPSMonitorSet(eps, Monitor_EPS, watch, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}
