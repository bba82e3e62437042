#include "operators/matrices/shifted_solve.h"
#include "operators/matrices/conservative_solve.h"
#include "operators/matrices/grid_multigrid.h"
#include "operators/matrices/solver_packages.h"

#define MOST_FACTORED 20000 /* cells of the coarsest grid */

/* In the order in which they are tried. */
typedef enum { LINEAR, CONSTANT, ELSE } Kind; /* of the grid's multigrid; ELSE: not that */

/* Cycles a solve that are taken for a failure: up to 20 and 50 where they suit, and a tenth of an algebraic one's time. */
static const PetscInt most_cycles[] = {[LINEAR] = 40, [CONSTANT] = 120};

struct _p_SgdShiftedSolve {
  SgdGrid grid;
  KSP ksp;
  Kind kind;
  PetscBool known; /* a system was given */
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
  return (PetscBool)(s->kind != ELSE);
}

/* Cells from which on it is taken in the plane even where a factorisation would still do: at 512^2 a stretch of 1000 steps
   takes 2.0 s by it and 3.2 s by UMFPACK, every later one 1.0 and 0.8 s, and two thirds of the memory. */
#define GRID_FROM 200000

/* Is multigrid of the grid itself to be tried? Not where the options name a preconditioner; -<prefix>rational_grid decides
   otherwise. */
static PetscErrorCode WantsGrid(SgdShiftedSolve s, PetscBool *wanted) {
  PetscBool given;
  const char *prefix;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetOptionsPrefix(s->ksp, &prefix));
  PetscCall(KSPGetPC(s->ksp, &pc));
  PetscCall(SgdIsMultigrid(pc, wanted));
  if (s->grid->dim == 2 && s->grid->cells >= GRID_FROM) *wanted = PETSC_TRUE;
  PetscCall(PetscOptionsHasName(NULL, prefix, "-pc_type", &given));
  if (given) *wanted = PETSC_FALSE;
  PetscCall(PetscOptionsGetBool(NULL, prefix, "-rational_grid", wanted, NULL));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* GMRES with that kind of multigrid. */
static PetscErrorCode Use(SgdShiftedSolve s, Kind kind) {
  Mat A;
  PC pc;

  PetscFunctionBegin;
  s->kind = kind;
  PetscCall(KSPGetOperators(s->ksp, &A, NULL));
  PetscCall(KSPSetType(s->ksp, KSPGMRES));
  PetscCall(KSPSetPCSide(s->ksp, PC_RIGHT));
  PetscCall(KSPGetPC(s->ksp, &pc));
  if (kind == ELSE)
    PetscCall(SgdMultigrid(pc));
  else
    PetscCall(
        SgdGridMultigrid(pc, s->grid, A, PetscMin(MOST_FACTORED, s->grid->cells / 16), (PetscBool)(kind == CONSTANT)));
  PetscCall(KSPSetPostSolve(s->ksp, NULL, NULL)); /* SgdShiftedSolveApply looks at what came of it */
  PetscCall(KSPSetFromOptions(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdShiftedSolveSetSystem(SgdShiftedSolve s, Mat A) {
  PetscBool wanted;

  PetscFunctionBegin;
  PetscCall(KSPSetOperators(s->ksp, A, A));
  if (s->known) PetscFunctionReturn(PETSC_SUCCESS);
  s->known = PETSC_TRUE;
  s->kind = ELSE;
  PetscCall(WantsGrid(s, &wanted));
  if (wanted) PetscCall(Use(s, LINEAR));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* One solve, within the cycles that its kind is given. */
static PetscErrorCode Try(SgdShiftedSolve s, Vec b, Vec x, PetscBool *solved) {
  KSPConvergedReason reason;
  PetscInt cycles, most;

  PetscFunctionBegin;
  PetscCall(KSPGetTolerances(s->ksp, NULL, NULL, NULL, &most));
  if (s->kind != ELSE)
    PetscCall(KSPSetTolerances(s->ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, most_cycles[s->kind]));
  PetscCall(KSPSolve(s->ksp, b, x));
  PetscCall(KSPSetTolerances(s->ksp, PETSC_DEFAULT, PETSC_DEFAULT, PETSC_DEFAULT, most));
  PetscCall(KSPGetConvergedReason(s->ksp, &reason));
  PetscCall(KSPGetIterationNumber(s->ksp, &cycles));
  s->cycles += cycles;
  *solved = (PetscBool)(reason >= 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A multigrid that takes too many cycles is given up for good. */
PetscErrorCode SgdShiftedSolveApply(SgdShiftedSolve s, Vec b, Vec x) {
  PetscBool solved;

  PetscFunctionBegin;
  PetscCall(Try(s, b, x, &solved));
  while (!solved && s->kind != ELSE) {
    PetscCall(Use(s, (Kind)(s->kind + 1)));
    PetscCall(Try(s, b, x, &solved));
  }
  PetscCall(SgdSolverCheck(s->ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}
