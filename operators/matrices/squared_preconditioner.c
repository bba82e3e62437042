#include "operators/matrices/squared_preconditioner.h"
#include "operators/matrices/solver_packages.h"

typedef struct {
  PC root;
  Vec between;
} Squared;

static PetscErrorCode PCApply_Squared(PC pc, Vec x, Vec y) {
  Squared *s;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &s));
  PetscCall(PCApply(s->root, x, s->between));
  PetscCall(PCApply(s->root, s->between, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PCApplyTranspose_Squared(PC pc, Vec x, Vec y) {
  Squared *s;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &s));
  PetscCall(PCApplyTranspose(s->root, x, s->between));
  PetscCall(PCApplyTranspose(s->root, s->between, y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode PCDestroy_Squared(PC pc) {
  Squared *s;

  PetscFunctionBegin;
  PetscCall(PCShellGetContext(pc, &s));
  PetscCall(PCDestroy(&s->root));
  PetscCall(VecDestroy(&s->between));
  PetscCall(PetscFree(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateRoot(KSP ksp, Mat root, PC *pc) {
  const char *prefix;

  PetscFunctionBegin;
  PetscCall(PCCreate(PetscObjectComm((PetscObject)ksp), pc));
  PetscCall(KSPGetOptionsPrefix(ksp, &prefix));
  PetscCall(PCSetOptionsPrefix(*pc, prefix));
  PetscCall(PCAppendOptionsPrefix(*pc, "root_"));
  PetscCall(PCSetOperators(*pc, root, root));
  PetscCall(SgdMultigrid(*pc));
  PetscCall(PCSetFromOptions(*pc));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPreconditionSquared(KSP ksp, Mat root) {
  Squared *s;
  PC pc;

  PetscFunctionBegin;
  PetscCall(PetscNew(&s));
  PetscCall(CreateRoot(ksp, root, &s->root));
  PetscCall(MatCreateVecs(root, &s->between, NULL));
  PetscCall(KSPGetPC(ksp, &pc));
  PetscCall(PCSetType(pc, PCSHELL));
  PetscCall(PCShellSetContext(pc, s));
  PetscCall(PCShellSetApply(pc, PCApply_Squared));
  PetscCall(PCShellSetApplyTranspose(pc, PCApplyTranspose_Squared));
  PetscCall(PCShellSetDestroy(pc, PCDestroy_Squared));
  PetscFunctionReturn(PETSC_SUCCESS);
}
