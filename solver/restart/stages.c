#include "solver/restart/stages.h"
#include "solver/restart/interrupt.h"
#include <petsclog.h>

PetscErrorCode SgdStagePush(const char *name) {
  PetscLogStage stage = -1;

  PetscFunctionBegin;
  SgdInterruptDoing(name);
  PetscCall(PetscLogStageGetId(name, &stage));
  if (stage < 0) PetscCall(PetscLogStageRegister(name, &stage));
  PetscCall(PetscLogStagePush(stage));
  PetscFunctionReturn(PETSC_SUCCESS);
}
