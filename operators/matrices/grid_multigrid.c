#include "operators/matrices/grid_multigrid.h"
#include "operators/matrices/grid_levels.h"

#define MOST_LEVELS 16
#define WEAK        0.2 /* an axis coupled less than this times the strongest is not halved */

/* Cells between two of them along an axis, the short way round. */
static double Apart(const SgdGridLevel *l, int axis, PetscInt i, PetscInt j) {
  PetscInt d = PetscAbsInt(i - j);

  if (l->periodic[axis]) d = PetscMin(d, l->n[axis] - d);
  return (double)d;
}

/* The sum of a row's couplings times the squares of their lengths, added to strength. */
static void AddCouplings(const SgdGridLevel *l, PetscInt row, PetscInt entries, const PetscInt column[],
                         const double value[], double strength[3]) {
  for (PetscInt k = 0; k < entries; k++) {
    PetscInt i = row, j = column[k];
    if (j >= l->cells) continue;
    for (int a = 0; a < l->dim; a++) {
      strength[a] += PetscAbsReal(value[k]) * PetscSqr(Apart(l, a, i % l->n[a], j % l->n[a]));
      i /= l->n[a];
      j /= l->n[a];
    }
  }
}

/* How strongly A couples the cells along each axis: what diffuses there, in cells^2. Of every 16th of the rows. */
static PetscErrorCode Strength(Mat A, const SgdGridLevel *l, double strength[3]) {
  PetscInt entries;
  const PetscInt *column;
  const double *value;

  PetscFunctionBegin;
  for (int a = 0; a < 3; a++) strength[a] = 0;
  for (PetscInt row = l->first_row * l->row; row < l->last_row * l->row; row += 16) {
    PetscCall(MatGetRow(A, row, &entries, &column, &value));
    AddCouplings(l, row, entries, column, value, strength);
    PetscCall(MatRestoreRow(A, row, &entries, &column, &value));
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, strength, 3, MPI_DOUBLE, MPI_SUM, l->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The axes to halve: the strongest, and those that are not much weaker; a halved axis has a quarter of its strength. */
static PetscBool Choose(const SgdGridLevel *l, double strength[3], PetscBool halved[3]) {
  PetscBool any = PETSC_FALSE;
  double most = 0;

  for (int a = 0; a < l->dim; a++)
    if (l->n[a] > 3) most = PetscMax(most, strength[a]);
  for (int a = 0; a < l->dim; a++) {
    halved[a] = (PetscBool)(l->n[a] > 3 && strength[a] >= WEAK * most);
    if (halved[a]) strength[a] /= 4;
    any = (PetscBool)(any || halved[a]);
  }
  return any;
}

static PetscErrorCode Smoother(PC pc, PetscInt level) {
  KSP down, up;
  PC sweep;

  PetscFunctionBegin;
  PetscCall(PCMGGetSmootherDown(pc, level, &down));
  PetscCall(PCMGGetSmootherUp(pc, level, &up));
  for (int k = 0; k < 2; k++) {
    KSP ksp = k ? up : down;
    PetscCall(KSPSetType(ksp, KSPRICHARDSON));
    PetscCall(KSPSetNormType(ksp, KSP_NORM_NONE));
    PetscCall(KSPSetTolerances(ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, 1));
    PetscCall(KSPGetPC(ksp, &sweep));
    PetscCall(PCSetType(sweep, PCSOR));
    PetscCall(PCSORSetSymmetric(sweep, k ? SOR_LOCAL_BACKWARD_SWEEP : SOR_LOCAL_FORWARD_SWEEP));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Hierarchy(Mat A, SgdGrid grid, PetscInt coarsest, SgdGridLevel level[MOST_LEVELS], int *levels) {
  PetscBool halved[3];
  double strength[3];

  PetscFunctionBegin;
  PetscCall(SgdGridFinest(grid, &level[0]));
  PetscCall(Strength(A, &level[0], strength));
  for (*levels = 1; *levels < MOST_LEVELS && level[*levels - 1].cells > coarsest; (*levels)++) {
    if (!Choose(&level[*levels - 1], strength, halved)) break;
    level[*levels] = SgdGridHalve(&level[*levels - 1], halved);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* PETSc counts levels from the coarsest. */
PetscErrorCode SgdGridMultigrid(PC pc, SgdGrid grid, Mat A, PetscInt coarsest, PetscBool constant) {
  SgdGridLevel level[MOST_LEVELS] = {0};
  int levels = 0;
  Mat P, R;

  PetscFunctionBegin;
  PetscCall(Hierarchy(A, grid, coarsest, level, &levels));
  PetscCall(PCSetType(pc, PCNONE)); /* whatever it was */
  PetscCall(PCSetType(pc, PCMG));
  PetscCall(PCMGSetLevels(pc, levels, NULL));
  PetscCall(PCMGSetGalerkin(pc, PC_MG_GALERKIN_BOTH));
  for (int l = 1; l < levels; l++) {
    level[levels - l].constant = constant;
    PetscCall(SgdGridProlongation(&level[levels - 1 - l], &level[levels - l], &P));
    PetscCall(SgdGridRestriction(&level[levels - 1 - l], &level[levels - l], &R));
    PetscCall(PCMGSetInterpolation(pc, l, P));
    PetscCall(PCMGSetRestriction(pc, l, R));
    PetscCall(Smoother(pc, l));
    PetscCall(MatDestroy(&P));
    PetscCall(MatDestroy(&R));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
