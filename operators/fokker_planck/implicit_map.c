#include "operators/fokker_planck/implicit_map.h"
#include "operators/matrices/compensated.h"
#include "operators/matrices/conservative_solve.h"
#include "operators/matrices/solver_packages.h"
#include "operators/matrices/squared_preconditioner.h"

typedef struct {
  SgdGrid grid;
  char prefix[96];
  KSP ksp, backward; /* of A; of A^T where A is not factored */
  SgdImplicitSystem system;
  Vec b, work[2];
  Mat transposed, root;                /* A^T, made when it is first asked for */
  SgdCompensated left, right, adjoint; /* of A, B and A^T; where the step is an increment */
} ImplicitMap;

/* A factorisation, or GMRES with multigrid: on the root where there is one, and then to a tolerance that the refinement
   makes up for. */
static PetscErrorCode CreateSolver(ImplicitMap *m, Mat A, Mat root, KSP *ksp) {
  PetscBool multigrid;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPCreate(m->grid->comm, ksp));
  PetscCall(KSPSetOptionsPrefix(*ksp, m->prefix));
  PetscCall(KSPSetOperators(*ksp, A, A));
  PetscCall(SgdSolverDefaults(*ksp, m->grid->dim, m->grid->cells));
  if (m->system.increment) PetscCall(SgdSolverPreferSequential(*ksp)); /* refined to rounding */
  PetscCall(KSPGetPC(*ksp, &pc));
  PetscCall(SgdIsMultigrid(pc, &multigrid));
  if (!root || !multigrid) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdPreconditionSquared(*ksp, root));
  PetscCall(KSPSetTolerances(*ksp, 1e-8, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* y = x + A^{-1} B x: rounding adds up to that of y alone, whatever the size of A's and B's entries. */
static PetscErrorCode Increment(ImplicitMap *m, Vec x, Vec y) {
  PetscFunctionBegin;
  PetscCall(SgdCompensatedResidual(m->right, NULL, 1, x, m->b));
  PetscCall(SgdCompensatedSolve(m->left, m->ksp, PETSC_FALSE, m->b, y, m->work[0], m->work[1]));
  PetscCall(VecAXPY(y, 1, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMult_ImplicitMap(Mat map, Vec x, Vec y) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  if (m->system.increment) {
    PetscCall(Increment(m, x, y));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(MatMult(m->system.B, x, m->b));
  PetscCall(KSPSolve(m->ksp, m->b, y));
  PetscCall(SgdConservativeStep(m->ksp, m->b, y, 1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A^T, and a solver of it where that of A cannot do both: multigrid's own transpose cannot be relied on. */
static PetscErrorCode PrepareTranspose(ImplicitMap *m) {
  PetscBool factored;

  PetscFunctionBegin;
  PetscCall(MatTranspose(m->system.A, MAT_INITIAL_MATRIX, &m->transposed));
  PetscCall(SgdCompensatedCreate(m->transposed, &m->adjoint));
  PetscCall(PetscObjectTypeCompare((PetscObject)m->ksp, KSPPREONLY, &factored));
  if (factored) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MatTranspose(m->system.root, MAT_INITIAL_MATRIX, &m->root));
  PetscCall(CreateSolver(m, m->transposed, m->root, &m->backward));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SolveTranspose(ImplicitMap *m, Vec x, Vec u) {
  PetscFunctionBegin;
  if (!m->transposed) PetscCall(PrepareTranspose(m));
  PetscCall(SgdCompensatedSolve(m->adjoint, m->backward ? m->backward : m->ksp, (PetscBool)!m->backward, x, u,
                                m->work[0], m->work[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatMultTranspose_ImplicitMap(Mat map, Vec x, Vec y) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  PetscCall(m->system.increment ? SolveTranspose(m, x, m->b) : KSPSolveTranspose(m->ksp, x, m->b));
  PetscCall(MatMultTranspose(m->system.B, m->b, y));
  if (m->system.increment) PetscCall(VecAXPY(y, 1, x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MatDestroy_ImplicitMap(Mat map) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  PetscCall(KSPDestroy(&m->ksp));
  PetscCall(KSPDestroy(&m->backward));
  PetscCall(MatDestroy(&m->system.A));
  PetscCall(MatDestroy(&m->system.B));
  PetscCall(MatDestroy(&m->system.root));
  PetscCall(MatDestroy(&m->transposed));
  PetscCall(MatDestroy(&m->root));
  PetscCall(SgdCompensatedDestroy(&m->left));
  PetscCall(SgdCompensatedDestroy(&m->right));
  PetscCall(SgdCompensatedDestroy(&m->adjoint));
  PetscCall(VecDestroy(&m->b));
  for (int k = 0; k < 2; k++) PetscCall(VecDestroy(&m->work[k]));
  PetscCall(PetscFree(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdImplicitMapCreate(SgdGrid grid, const SgdImplicitSystem *system, const char *prefix, Mat *map) {
  ImplicitMap *m;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  m->system = *system;
  PetscCall(MatCreateVecs(system->A, NULL, &m->b));
  if (system->increment) {
    for (int k = 0; k < 2; k++) PetscCall(VecDuplicate(m->b, &m->work[k]));
    PetscCall(SgdCompensatedCreate(system->A, &m->left));
    PetscCall(SgdCompensatedCreate(system->B, &m->right));
  }
  m->grid = grid;
  PetscCall(PetscStrncpy(m->prefix, prefix, sizeof m->prefix));
  PetscCall(CreateSolver(m, system->A, system->root, &m->ksp));
  PetscCall(MatGetLocalSize(system->A, &local, NULL));
  PetscCall(MatCreateShell(grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, m, map));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT, (void (*)(void))MatMult_ImplicitMap));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT_TRANSPOSE, (void (*)(void))MatMultTranspose_ImplicitMap));
  PetscCall(MatShellSetOperation(*map, MATOP_DESTROY, (void (*)(void))MatDestroy_ImplicitMap));
  PetscFunctionReturn(PETSC_SUCCESS);
}
