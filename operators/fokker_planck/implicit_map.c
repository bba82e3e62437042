#include "operators/fokker_planck/implicit_map.h"
#include "operators/matrices/conservative_solve.h"

typedef struct {
  KSP ksp;
  Mat A, B;
  Vec b;
} ImplicitMap;

static PetscErrorCode Mult(Mat map, Vec x, Vec y) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  PetscCall(MatMult(m->B, x, m->b));
  PetscCall(KSPSolve(m->ksp, m->b, y));
  PetscCall(SgdConservativeStep(m->ksp, m->b, y, 1.0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MultTranspose(Mat map, Vec x, Vec y) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  PetscCall(KSPSolveTranspose(m->ksp, x, m->b));
  PetscCall(MatMultTranspose(m->B, m->b, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Destroy(Mat map) {
  ImplicitMap *m;

  PetscFunctionBegin;
  PetscCall(MatShellGetContext(map, &m));
  PetscCall(KSPDestroy(&m->ksp));
  PetscCall(MatDestroy(&m->A));
  PetscCall(MatDestroy(&m->B));
  PetscCall(VecDestroy(&m->b));
  PetscCall(PetscFree(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdImplicitMapCreate(SgdGrid grid, Mat A, Mat B, const char *prefix, Mat *map) {
  ImplicitMap *m;
  PetscInt local;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  m->A = A;
  m->B = B;
  PetscCall(MatCreateVecs(A, NULL, &m->b));
  PetscCall(KSPCreate(grid->comm, &m->ksp));
  PetscCall(KSPSetOptionsPrefix(m->ksp, prefix));
  PetscCall(KSPSetOperators(m->ksp, A, A));
  PetscCall(SgdSolverDefaults(m->ksp, grid->dim, grid->cells));
  PetscCall(MatGetLocalSize(A, &local, NULL));
  PetscCall(MatCreateShell(grid->comm, local, local, PETSC_DETERMINE, PETSC_DETERMINE, m, map));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT, (void (*)(void))Mult));
  PetscCall(MatShellSetOperation(*map, MATOP_MULT_TRANSPOSE, (void (*)(void))MultTranspose));
  PetscCall(MatShellSetOperation(*map, MATOP_DESTROY, (void (*)(void))Destroy));
  PetscFunctionReturn(PETSC_SUCCESS);
}
