#include "solver/hessian/spectrum_interval.h"
#include "cases/base/progress.h"

static PetscErrorCode Configure(EPS eps, Mat H, double low, double high, const double interval[2], double tolerance) {
  const double margin = 1e-6 * (high - low);
  ST st;

  PetscFunctionBegin;
  PetscCall(EPSSetOptionsPrefix(eps, "spectrum_interval_"));
  PetscCall(EPSSetOperators(eps, H, NULL));
  PetscCall(EPSSetProblemType(eps, EPS_HEP));
  PetscCall(EPSSetWhichEigenpairs(eps, EPS_ALL));
  PetscCall(EPSSetInterval(eps, interval[0], interval[1]));
  PetscCall(EPSSetTolerances(eps, tolerance, 100));
  PetscCall(EPSGetST(eps, &st));
  PetscCall(STSetType(st, STFILTER));
  PetscCall(STFilterSetRange(st, low - margin, high + margin));
  PetscCall(EPSSetFromOptions(eps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Products with H and their time, for a restart. */
static PetscErrorCode SayCost(EPS eps, Mat H, MPI_Comm comm) {
  PetscInt degree, ncv;
  Vec x, y;
  ST st;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(H, &x, &y));
  PetscCall(VecSet(x, 1));
  const SgdProgress start = SgdProgressStart();
  PetscCall(MatMult(H, x, y));
  const double seconds = SgdProgressElapsed(&start);
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscCall(EPSGetST(eps, &st));
  PetscCall(STFilterGetDegree(st, &degree));
  PetscCall(EPSGetDimensions(eps, NULL, &ncv, NULL));
  PetscCall(SgdSay(comm,
                   "  spectrum, interval: filter of degree %d, %d vectors: about %d products with H and %.0f s for the "
                   "first round\n",
                   (int)degree, (int)ncv, (int)(degree * ncv), seconds * (double)degree * (double)ncv));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumIntervalSolve(Mat H, MPI_Comm comm, double low, double high, const double interval[2],
                                        double tolerance, EPS *solver) {
  EPSConvergedReason reason;
  PetscInt rounds;
  EPS eps;

  PetscFunctionBegin;
  PetscCall(EPSCreate(PetscObjectComm((PetscObject)H), &eps));
  *solver = eps;
  PetscCall(Configure(eps, H, low, high, interval, tolerance));
  PetscCall(EPSSetUp(eps));
  PetscCall(SayCost(eps, H, comm));
  PetscCall(EPSSolve(eps));
  PetscCall(EPSGetConvergedReason(eps, &reason));
  PetscCall(EPSGetIterationNumber(eps, &rounds));
  if (reason < 0)
    return SgdFail(
        comm, SGD_EXIT_NUMBERS,
        "spectrum.interval: not all eigenpairs in [%g, %g] converged in %d rounds (%s): narrow the interval, "
        "or raise -spectrum_interval_eps_ncv or -spectrum_interval_st_filter_degree",
        interval[0], interval[1], (int)rounds, EPSConvergedReasons[reason]);
  PetscFunctionReturn(PETSC_SUCCESS);
}
