/* The master equation with Gaussian minibatch noise of full, state-dependent covariance, by levels of common noise and
   narrow remainders (levels.h): the fast twin of the splat. */
#include "operators/master/master.h"
#include "operators/push_forward/levels.h"

PetscErrorCode SgdMasterLevels(const SgdStep *step, SgdReport *report, double tolerance, const char **reason, Mat *A) {
  char text[256];
  SgdLevels levels;

  PetscFunctionBegin;
  *A = NULL;
  PetscCall(SgdLevelsCreate(step->fields, step->learning_rate, tolerance, &levels, reason));
  if (*reason) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdLevelsView(levels, text, sizeof text));
  PetscCall(SgdReportNote(report, "%s, tolerance %g", text, tolerance));
  PetscCall(SgdLevelsMap(levels, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
