#include "operators/matrices/solver_packages.h"

PetscErrorCode SgdMultigrid(PC pc) {
  PetscErrorCode (*hypre)(PC);

  PetscFunctionBegin;
  PetscCall(PetscFunctionListFind(PCList, PCHYPRE, &hypre));
  if (hypre) {
    PetscCall(PCSetType(pc, PCHYPRE));
    PetscCall(PCHYPRESetType(pc, "boomeramg"));
  } else {
    PetscCall(PCSetType(pc, PCGAMG));
    PetscCall(PCGAMGSetNSmooths(pc, 0));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdIsMultigrid(PC pc, PetscBool *multigrid) {
  return PetscObjectTypeCompareAny((PetscObject)pc, multigrid, PCHYPRE, PCGAMG, "");
}

PetscErrorCode SgdFactorisation(PetscMPIInt ranks, const char **package) {
  static const char *const packages[] = {MATSOLVERMUMPS, MATSOLVERSUPERLU_DIST, MATSOLVERPETSC};
  const int count = ranks > 1 ? 2 : 3;

  PetscFunctionBegin;
  *package = NULL;
  for (int k = 0; k < count && !*package; k++) {
    PetscBool type, matrix;
    PetscCall(MatSolverTypeGet(packages[k], ranks > 1 ? MATMPIAIJ : MATSEQAIJ, MAT_FACTOR_LU, &type, &matrix, NULL));
    if (type && matrix) *package = packages[k];
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
