#include "solver/long_time/passage.h"
#include "operators/matrices/cells_operator.h"
#include "operators/matrices/conservative_solve.h"

/* M = 1 - K^T on the cells outside (eta units of -L^T for a generator), 1 on the target. */
typedef struct {
  SgdModel model;
  SgdGrid grid;
  double eta;
  PetscBool map;
  Vec outside; /* 1 outside the target, 0 in it */
  Vec x;
  Mat B, M;
  KSP ksp;
} Solve;

static PetscErrorCode MatMult_Passage(Mat M, Vec x, Vec y) {
  Solve *s;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(M, &s));
  PetscCall(VecPointwiseMult(s->x, s->outside, x));
  PetscCall(MatMultTranspose(s->B, s->x, y));
  PetscCall(VecAXPBY(y, s->map ? 1 : 0, s->map ? -1 : -s->eta, s->x));
  PetscCall(VecPointwiseMult(y, s->outside, y));
  PetscCall(VecAXPY(y, 1, x)); /* y + x - outside x: the identity on the target */
  PetscCall(VecAXPY(y, -1, s->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows and columns of the target are replaced by those of the identity. */
static PetscErrorCode AssembledMatrix(Solve *s, Mat L, Mat *M) {
  PetscScalar *outside;
  PetscInt first, last, count = 0, *rows;

  PetscFunctionBegin;
  PetscCall(MatTranspose(L, MAT_INITIAL_MATRIX, M));
  PetscCall(MatScale(*M, -s->eta));
  PetscCall(VecGetOwnershipRange(s->outside, &first, &last));
  PetscCall(PetscMalloc1(last - first, &rows));
  PetscCall(VecGetArray(s->outside, &outside));
  for (PetscInt i = first; i < last; i++)
    if (outside[i - first] == 0) rows[count++] = i;
  PetscCall(VecRestoreArray(s->outside, &outside));
  PetscCall(MatZeroRowsColumns(*M, count, rows, 1.0, NULL, NULL));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ShellMatrix(Solve *s) {
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(VecGetLocalSize(s->x, &local));
  PetscCall(MatCreateShell(s->grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, s, &s->M));
  PetscCall(MatShellSetOperation(s->M, MATOP_MULT, (void (*)(void))MatMult_Passage));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MarkOutside(Solve *s, const PetscBool inside[]) {
  PetscScalar *outside;

  PetscFunctionBegin;
  PetscCall(MatCreateVecs(s->B, &s->outside, &s->x));
  PetscCall(VecGetArrayWrite(s->outside, &outside));
  for (PetscInt i = 0; i < s->grid->last_cell - s->grid->first_cell; i++) outside[i] = inside[i] ? 0 : 1;
  PetscCall(VecRestoreArrayWrite(s->outside, &outside));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A map has few slow modes and all others well below one: none is needed. An unassembled generator may have rates of
   any size; the part of it that it holds as a matrix (model.h) is solved with. */
static PetscErrorCode Precondition(Solve *s) {
  Mat part, cells, P;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscObjectQuery((PetscObject)SgdModelOperator(s->model), SGD_ASSEMBLED_PART, (PetscObject *)&part));
  if (!part) {
    PetscCall(KSPGetPC(s->ksp, &pc));
    PetscCall(PCSetType(pc, PCNONE));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdCellsOperator(s->grid, part, &cells));
  PetscCall(AssembledMatrix(s, cells, &P));
  PetscCall(KSPSetOperators(s->ksp, s->M, P));
  PetscCall(SgdSolverDefaults(s->ksp, s->grid->dim, s->grid->cells));
  PetscCall(MatDestroy(&cells));
  PetscCall(MatDestroy(&P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUp_Passage(Solve *s, const PetscBool inside[], PetscBool *shell) {
  Mat A = SgdModelOperator(s->model);
  char prefix[96];

  PetscFunctionBegin;
  PetscCall(s->map ? SgdCellsShell(s->grid, A, PETSC_FALSE, &s->B) : SgdCellsOperator(s->grid, A, &s->B));
  PetscCall(MarkOutside(s, inside));
  PetscCall(PetscObjectTypeCompare((PetscObject)s->B, MATSHELL, shell));
  PetscCall(*shell ? ShellMatrix(s) : AssembledMatrix(s, s->B, &s->M));
  PetscCall(KSPCreate(s->grid->comm, &s->ksp));
  PetscCall(PetscSNPrintf(prefix, sizeof prefix, "%s_passage_", SgdModelName(s->model)));
  PetscCall(KSPSetOptionsPrefix(s->ksp, prefix));
  PetscCall(KSPSetOperators(s->ksp, s->M, s->M));
  if (!*shell) {
    PetscCall(SgdSolverDefaults(s->ksp, s->grid->dim, s->grid->cells));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(Precondition(s));
  PetscCall(KSPSetType(s->ksp, KSPGMRES));
  PetscCall(KSPSetPostSolve(s->ksp, NULL, NULL)); /* the residual is looked at afterwards */
  PetscCall(KSPGMRESSetRestart(s->ksp, (PetscInt)PetscMin(200, PetscMax(30, 2e8 / (double)s->grid->cells))));
  PetscCall(KSPSetPCSide(s->ksp, PC_RIGHT));
  PetscCall(KSPSetTolerances(s->ksp, 1e-13, PETSC_DEFAULT, PETSC_DEFAULT, 2000));
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* M y = b; *residual: |b - M y|_inf, computed, whatever the solver says. */
static PetscErrorCode SolveOne(Solve *s, Vec b, Vec y, double *residual) {
  PetscFunctionBegin;
  PetscCall(KSPSolve(s->ksp, b, y));
  Vec r;
  PetscCall(VecDuplicate(b, &r));
  PetscCall(MatMult(s->M, y, r));
  PetscCall(VecAYPX(r, -1, b));
  PetscCall(VecNorm(r, NORM_INFINITY, residual));
  PetscCall(VecDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* K_fc^T 1 (eta L_fc^T 1): what each cell outside the target sends through the faces in a step. */
static PetscErrorCode ToFaces(Solve *s, Vec b) {
  Vec x, y;
  const double *from;
  double *to;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(s->grid, &x));
  PetscCall(VecDuplicate(x, &y));
  for (PetscInt f = 0; f < s->grid->ledger; f++)
    PetscCall(VecSetValue(x, SgdGridLedgerIndex(s->grid, (int)f), 1, INSERT_VALUES)); /* by all ranks alike */
  PetscCall(VecAssemblyBegin(x));
  PetscCall(VecAssemblyEnd(x));
  PetscCall(MatMultTranspose(SgdModelOperator(s->model), x, y));
  PetscCall(VecGetArrayRead(y, &from));
  PetscCall(VecGetArrayWrite(b, &to));
  for (PetscInt i = 0; i < s->grid->last_cell - s->grid->first_cell; i++) to[i] = (s->map ? 1 : s->eta) * from[i];
  PetscCall(VecRestoreArrayWrite(b, &to));
  PetscCall(VecRestoreArrayRead(y, &from));
  PetscCall(VecPointwiseMult(b, b, s->outside));
  PetscCall(VecDestroy(&x));
  PetscCall(VecDestroy(&y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscBool HasFaces(SgdGrid grid) {
  for (int a = 0; a < grid->dim; a++)
    if (grid->boundary[a] == SGD_ABSORBING) return PETSC_TRUE;
  return PETSC_FALSE;
}

static PetscErrorCode Free_Passage(Solve *s) {
  PetscFunctionBegin;
  PetscCall(KSPDestroy(&s->ksp));
  PetscCall(MatDestroy(&s->M));
  PetscCall(MatDestroy(&s->B));
  PetscCall(VecDestroy(&s->outside));
  PetscCall(VecDestroy(&s->x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckBound(const Solve *s, double bound) {
  const char *name = SgdModelName(s->model);

  PetscFunctionBegin;
  if (!(bound <= 1e-3))
    return SgdFail(s->grid->comm, SGD_EXIT_NUMBERS,
                   "model %s: the first-passage times' residual is %.1e (relative error up to that); raise "
                   "-%s_passage_ksp_gmres_restart or -%s_passage_ksp_max_it",
                   name, bound, name, name);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassageSolve(SgdModel model, SgdGrid grid, double eta, const PetscBool inside[], SgdPassage *p) {
  Solve s = {.model = model, .grid = grid, .eta = eta, .map = (PetscBool)(SgdModelGetKind(model) == SGD_MAP)};
  PetscBool shell;
  double residual;
  Vec b;

  PetscFunctionBegin;
  *p = (SgdPassage){0};
  PetscCall(SetUp_Passage(&s, inside, &shell));
  PetscCall(VecDuplicate(s.x, &b));
  PetscCall(VecDuplicate(b, &p->time));
  PetscCall(SolveOne(&s, s.outside, p->time, &p->bound));
  if (HasFaces(grid)) {
    PetscCall(VecDuplicate(b, &p->lost));
    PetscCall(ToFaces(&s, b));
    PetscCall(SolveOne(&s, b, p->lost, &residual));
  }
  if (shell)
    PetscCall(SgdCellsProducts(s.B, &p->applications));
  else
    PetscCall(KSPGetTotalIterations(s.ksp, &p->applications));
  PetscCall(CheckBound(&s, p->bound));
  PetscCall(VecDestroy(&b));
  PetscCall(Free_Passage(&s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPassageFree(SgdPassage *p) {
  PetscFunctionBegin;
  PetscCall(VecDestroy(&p->time));
  PetscCall(VecDestroy(&p->lost));
  PetscFunctionReturn(PETSC_SUCCESS);
}
