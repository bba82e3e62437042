#include "operators/matrices/conservative_solve.h"
#include "operators/matrices/solver_packages.h"

#define MOST_ITERATIONS 500 /* of GMRES: multigrid takes tens where it works at all */

PetscErrorCode SgdConservativeStep(KSP ksp, Vec b, Vec x, double sum) {
  Mat A;
  Vec r;

  PetscFunctionBegin;
  PetscCall(KSPGetOperators(ksp, &A, NULL));
  PetscCall(PetscObjectQuery((PetscObject)ksp, "conservative_work", (PetscObject *)&r));
  if (!r) { /* once a solver: the time loop allocates nothing */
    PetscCall(VecDuplicate(b, &r));
    PetscCall(PetscObjectCompose((PetscObject)ksp, "conservative_work", (PetscObject)r));
    PetscCall(VecDestroy(&r)); /* the solver holds it */
    PetscCall(PetscObjectQuery((PetscObject)ksp, "conservative_work", (PetscObject *)&r));
  }
  PetscCall(MatMult(A, x, r));
  PetscCall(VecAYPX(r, -1.0, b));
  PetscCall(VecAXPY(x, 1.0 / sum, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Up to here one factorisation, kept for all steps, is taken to be cheaper than iterating: a grid of 512^2 takes MUMPS
   about two seconds once and 0.1 s a solve; in 3D its fill grows faster. */
static PetscInt DirectLimit(int dim) {
  return dim == 1 ? 10000000 : (dim == 2 ? 400000 : 40000);
}

PetscBool SgdSolverIsDirect(int dim, PetscInt cells) {
  return (PetscBool)(cells <= DirectLimit(dim));
}

PetscErrorCode SgdSolverPreferSequential(KSP ksp) {
#if defined(PETSC_HAVE_SUITESPARSE)
  PetscMPIInt ranks;
  PetscBool direct, given;
  const char *prefix;
  PC pc;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)ksp), &ranks));
  PetscCall(PetscObjectTypeCompare((PetscObject)ksp, KSPPREONLY, &direct));
  PetscCall(KSPGetOptionsPrefix(ksp, &prefix));
  PetscCall(PetscOptionsHasName(NULL, prefix, "-pc_factor_mat_solver_type", &given));
  if (ranks > 1 || !direct || given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PetscObjectTypeCompare((PetscObject)pc, PCLU, &direct));
  if (direct) PetscCall(PCFactorSetMatSolverType(pc, MATSOLVERUMFPACK));
  PetscFunctionReturn(PETSC_SUCCESS);
#else
  (void)ksp;
  return PETSC_SUCCESS;
#endif
}

/* On a line a factorisation is nothing, and MUMPS's messages are all: every rank solves the whole system, by UMFPACK. */
static PetscErrorCode SolveOnEveryRank(KSP ksp) {
  PetscMPIInt ranks;
  PetscBool given;
  const char *prefix;
  KSP inner;
  PC pc;

  PetscFunctionBegin;
  PetscCall(SgdSolverPreferSequential(ksp));
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)ksp), &ranks));
  PetscCall(KSPGetOptionsPrefix(ksp, &prefix));
  PetscCall(PetscOptionsHasName(NULL, prefix, "-pc_factor_mat_solver_type", &given));
  if (ranks == 1 || given) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCREDUNDANT));
  PetscCall(PCRedundantGetKSP(pc, &inner));
  PetscCall(KSPSetType(inner, KSPPREONLY));
  PetscCall(KSPGetPC(inner, &pc));
  PetscCall(PCSetType(pc, PCLU));
  PetscCall(SgdSolverPreferSequential(inner));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSolverCheck(KSP ksp) {
  KSPConvergedReason reason;
  PetscInt iterations;

  PetscFunctionBegin;
  PetscCall(KSPGetConvergedReason(ksp, &reason));
  if (reason >= 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(KSPGetIterationNumber(ksp, &iterations));
  return SgdFail(PetscObjectComm((PetscObject)ksp), SGD_EXIT_NUMBERS,
                 "a step's linear system is not solved after %d iterations (%s): the step is too long for these cells; "
                 "take fewer cells (slice.cells), a smaller box, or a smaller sgd.learning_rate",
                 (int)iterations, KSPConvergedReasons[reason]);
}

static PetscErrorCode PostSolve(KSP ksp, Vec b, Vec x, void *context) {
  (void)b, (void)x, (void)context;
  return SgdSolverCheck(ksp);
}

PetscErrorCode SgdSolverDefaults(KSP ksp, int dim, PetscInt cells) {
  const char *package = NULL;
  PetscMPIInt ranks;
  PC pc;

  PetscFunctionBegin;
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(KSPSetTolerances(ksp, 1e-12, PETSC_DEFAULT, PETSC_DEFAULT, MOST_ITERATIONS));
  PetscCallMPI(MPI_Comm_size(PetscObjectComm((PetscObject)ksp), &ranks));
  PetscCall(SgdFactorisation(ranks, &package));
  if (SgdSolverIsDirect(dim, cells) && (package || dim == 1)) {
    PetscCall(KSPSetType(ksp, KSPPREONLY));
    PetscCall(PCSetType(pc, PCLU));
    if (package) PetscCall(PCFactorSetMatSolverType(pc, package));
    if (dim == 1) PetscCall(SolveOnEveryRank(ksp));
  } else {
    PetscCall(KSPSetType(ksp, KSPGMRES));
    PetscCall(KSPSetPCSide(ksp, PC_RIGHT));
    PetscCall(SgdMultigrid(pc));
  }
  PetscCall(KSPSetPostSolve(ksp, PostSolve, NULL));
  PetscCall(KSPSetFromOptions(ksp));
  PetscFunctionReturn(PETSC_SUCCESS);
}
