#include "cases/base/base.h"
#include "solver/evolution/tsfixed.h"
#include <petsc/private/tsimpl.h>

static PetscErrorCode TSDestroy_Fixed(TS ts) {
  PetscFunctionBegin;
  PetscCall(ts->ops->reset(ts));
  PetscCall(PetscFree(ts->data));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdTSFixed(TS ts, void *data, PetscErrorCode (*setup)(TS), PetscErrorCode (*step)(TS),
                          PetscErrorCode (*reset)(TS)) {
  PetscFunctionBegin;
  ts->data = data;
  ts->ops->setup = setup;
  ts->ops->step = step;
  ts->ops->reset = reset;
  ts->ops->destroy = TSDestroy_Fixed;
  ts->default_adapt_type = TSADAPTNONE;
  ts->usessnes = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
