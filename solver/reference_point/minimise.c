#include "solver/reference_point/minimise.h"
#include "cases/base/progress.h"
#include <petsctao.h>
#include "cases/base/blas.h"
#include <math.h>

typedef struct {
  SgdTrainingState *state;
  SgdLandscape landscape;
  double *w; /* where the Hessian is taken */
  double target;
  SgdProgress progress;
} Problem;

static PetscErrorCode LossAndGradient(Tao tao, Vec x, PetscReal *loss, Vec gradient, void *ctx) {
  const Problem *p = ctx;
  const PetscScalar *w;
  PetscScalar *g;

  PetscFunctionBegin;
  (void)tao;
  PetscCall(VecGetArrayRead(x, &w));
  PetscCall(VecGetArrayWrite(gradient, &g));
  PetscCall(SgdLandscapeGradient(p->landscape, w, loss, g));
  PetscCall(VecRestoreArrayWrite(gradient, &g));
  PetscCall(VecRestoreArrayRead(x, &w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MoveHessian(Tao tao, Vec x, Mat H, Mat preconditioner, void *ctx) {
  const Problem *p = ctx;
  const PetscScalar *w;

  PetscFunctionBegin;
  (void)tao, (void)H, (void)preconditioner;
  PetscCall(VecGetArrayRead(x, &w));
  PetscCall(PetscArraycpy(p->w, w, SgdLandscapeDimension(p->landscape)));
  PetscCall(VecRestoreArrayRead(x, &w));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_Hessian(Mat H, Vec x, Vec y) {
  Problem *p;
  const PetscScalar *v;
  PetscScalar *hv;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(H, &p));
  PetscCall(SgdTrainingLook(p->state, p->w));
  PetscCall(VecGetArrayRead(x, &v));
  PetscCall(VecGetArrayWrite(y, &hv));
  PetscCall(SgdLandscapeHessianApply(p->landscape, p->w, v, hv));
  PetscCall(VecRestoreArrayWrite(y, &hv));
  PetscCall(VecRestoreArrayRead(x, &v));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Monitor_Tao(Tao tao, void *ctx) {
  Problem *p = ctx;
  PetscInt iteration;
  PetscReal loss, norm;

  PetscFunctionBegin;
  PetscCall(TaoGetSolutionStatus(tao, &iteration, &loss, &norm, NULL, NULL, NULL));
  if (SgdProgressDue(&p->progress))
    PetscCall(SgdTell(SgdLandscapeComm(p->landscape), -1, -1,
                      "minimising: iteration %d, loss %.8g, |g| %.2e (target %.0e), %.0f s", (int)iteration, loss, norm,
                      p->target, SgdProgressElapsed(&p->progress)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateSolver(Problem *p, PetscInt max_iterations, Vec x, Mat *H, Tao *tao) {
  const PetscInt P = SgdLandscapeDimension(p->landscape);
  KSP ksp;
  PC pc;

  PetscFunctionBegin;
  PetscCall(MatCreateShell(PETSC_COMM_SELF, P, P, P, P, p, H));
  PetscCall(MatSetOption(*H, MAT_SYMMETRIC, PETSC_TRUE));
  PetscCall(MatShellSetOperation(*H, MATOP_MULT, (void (*)(void))MatMult_Hessian));
  PetscCall(TaoCreate(PETSC_COMM_SELF, tao));
  PetscCall(TaoSetOptionsPrefix(*tao, "reference_point_"));
  PetscCall(TaoSetType(*tao, TAONTR));
  PetscCall(TaoSetObjectiveAndGradient(*tao, NULL, LossAndGradient, p));
  PetscCall(TaoSetHessian(*tao, *H, *H, MoveHessian, p));
  PetscCall(TaoSetTolerances(*tao, p->target, 0.0, 0.0));
  PetscCall(TaoSetMaximumIterations(*tao, max_iterations));
#if PETSC_VERSION_LT(3, 21, 0)
  PetscCall(TaoSetMonitor(*tao, Monitor_Tao, p, NULL));
#else
  PetscCall(TaoMonitorSet(*tao, Monitor_Tao, p, NULL));
#endif
  PetscCall(TaoSetSolution(*tao, x));
  PetscCall(TaoGetKSP(*tao, &ksp));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCNONE)); /* the default factorises, which a matrix-free Hessian cannot */
  PetscCall(TaoSetFromOptions(*tao));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* TAO takes a start that is not finite for a bug; a user's start may well be one. */
static PetscErrorCode CheckStart(SgdLandscape l, const double *w, SgdMinimum *minimum) {
  double *g;

  PetscFunctionBegin;
  *minimum = (SgdMinimum){.reason = "the start is not finite"};
  PetscCall(PetscMalloc1(SgdLandscapeDimension(l), &g));
  PetscCall(SgdLandscapeGradient(l, w, &minimum->loss, g));
  minimum->gradient_norm = cblas_dnrm2((int)SgdLandscapeDimension(l), g, 1);
  PetscCall(PetscFree(g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMinimise(SgdTrainingState *t, double target, PetscInt max_iterations, double *w,
                           SgdMinimum *minimum) {
  const SgdLandscape l = t->landscape;
  const PetscInt P = SgdLandscapeDimension(l);
  Problem p = {t, l, NULL, target, SgdProgressStart()};
  TaoConvergedReason reason;
  Vec x;
  Mat H;
  Tao tao;

  PetscFunctionBegin;
  PetscCall(CheckStart(l, w, minimum));
  if (!isfinite(minimum->loss) || !isfinite(minimum->gradient_norm)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(P, &p.w));
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, P, w, &x));
  PetscCall(CreateSolver(&p, max_iterations, x, &H, &tao));
  PetscCall(TaoSolve(tao));
  PetscCall(
      TaoGetSolutionStatus(tao, &minimum->iterations, &minimum->loss, &minimum->gradient_norm, NULL, NULL, &reason));
  minimum->reason = TaoConvergedReasons[reason];
  PetscCall(TaoDestroy(&tao));
  PetscCall(MatDestroy(&H));
  PetscCall(VecDestroy(&x));
  PetscCall(PetscFree(p.w));
  PetscFunctionReturn(PETSC_SUCCESS);
}
