#include "cases/base/base.h"
#include "solver/evolution/tsfixed.h"
#include <petsc/private/tsimpl.h>

static PetscErrorCode Destroy(TS ts) {
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
  ts->ops->destroy = Destroy;
  ts->default_adapt_type = TSADAPTNONE;
  ts->usessnes = PETSC_FALSE;
  PetscFunctionReturn(PETSC_SUCCESS);
}
