#include "operators/matrices/shifted_solve.h"
#include "operators/matrices/conservative_solve.h"
#include "operators/matrices/grid_multigrid.h"
#include "operators/matrices/solver_packages.h"

#define MOST_FACTORED 20000 /* cells of the coarsest grid */
#define MOST_CYCLES   40    /* of the grid's multigrid a solve: it takes up to 10 where it suits */

struct _p_SgdShiftedSolve {
  SgdGrid grid;
  KSP ksp;
  PetscBool known;   /* a system was given */
  PetscBool on_grid; /* the multigrid of the grid */
  PetscInt cycles;
};

PetscErrorCode SgdShiftedSolveCreate(SgdGrid grid, const char *prefix, SgdShiftedSolve *solve) {
  SgdShiftedSolve s;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  *solve = s;
  s->grid = grid;
  PetscCall(KSPCreate(grid->comm, &s->ksp));
  PetscCall(KSPSetOptionsPrefix(s->ksp, prefix));
  PetscCall(SgdSolverDefaults(s->ksp, grid->dim, grid->cells));
  PetscCall(SgdSolverPreferSequential(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdShiftedSolveDestroy(SgdShiftedSolve *s) {
  PetscFunctionBegin;
  if (!*s) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPDestroy(&(*s)->ksp));
  PetscCall(PetscFree(*s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdShiftedSolveSetTolerance(SgdShiftedSolve s, double tolerance) {
  PetscBool given;
  const char *prefix;

  PetscFunctionBegin;
  PetscCall(KSPGetOptionsPrefix(s->ksp, &prefix));
  PetscCall(PetscOptionsHasName(NULL, prefix, "-ksp_rtol", &given));
  if (!given) PetscCall(KSPSetTolerances(s->ksp, tolerance, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdShiftedSolveCycles(SgdShiftedSolve s, PetscInt *cycles) {
  *cycles = s->cycles;
  return s->on_grid;
}

/* GMRES with multigrid of the grid itself where the system would not be factored and the options name no preconditioner;
   -<prefix>rational_grid decides otherwise. */
static PetscErrorCode UseGrid(SgdShiftedSolve s, Mat A) {
  PetscBool given;
  const char *prefix;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetOptionsPrefix(s->ksp, &prefix));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(SgdIsMultigrid(pc, &s->on_grid));
  PetscCall(PetscOptionsHasName(NULL, prefix, "-pc_type", &given));
  if (given) s->on_grid = PETSC_FALSE;
  PetscCall(PetscOptionsGetBool(NULL, prefix, "-rational_grid", &s->on_grid, NULL));
  if (!s->on_grid) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPSetType(s->ksp, KSPGMRES));
  PetscCall(KSPSetPCSide(s->ksp, PC_RIGHT));
  PetscCall(SgdGridMultigrid(pc, s->grid, A, PetscMin(MOST_FACTORED, s->grid->cells / 16)));
  PetscCall(KSPSetPostSolve(s->ksp, NULL, NULL)); /* SgdShiftedSolveApply looks at what came of it */
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Back to an algebraic one. */
static PetscErrorCode LeaveGrid(SgdShiftedSolve s) {
  PC pc;

  PetscFunctionBegin;
  s->on_grid = PETSC_FALSE;
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(SgdMultigrid(pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdShiftedSolveSetSystem(SgdShiftedSolve s, Mat A) {
  PetscFunctionBegin;
  PetscCall(KSPSetOperators(s->ksp, A, A));
  if (!s->known) PetscCall(UseGrid(s, A));
  s->known = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the grid's multigrid takes more cycles than an algebraic one would, as for
   noise strongly correlated across the axes, it is given up for good. */
PetscErrorCode SgdShiftedSolveApply(SgdShiftedSolve s, Vec b, Vec x) {
  KSPConvergedReason reason;
  PetscInt cycles, most;

  PetscFunctionBegin;
  PetscCall(KSPGetTolerances(s->ksp, NULL, NULL, NULL, &most));
  if (s->on_grid) PetscCall(KSPSetTolerances(s->ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, MOST_CYCLES));
  PetscCall(KSPSolve(s->ksp, b, x));
  PetscCall(KSPSetTolerances(s->ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, most));
  PetscCall(KSPGetConvergedReason(s->ksp, &reason));
  if (s->on_grid && reason < 0) {
    PetscCall(LeaveGrid(s));
    PetscCall(KSPSolve(s->ksp, b, x));
  }
  PetscCall(KSPGetIterationNumber(s->ksp, &cycles));
  s->cycles += cycles;
  PetscCall(SgdSolverCheck(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}
