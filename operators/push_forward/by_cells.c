#include "operators/push_forward/by_cells.h"

typedef struct {
  SgdGrid grid;
  SgdSendCell send;
  void *ctx;
} ByCells;

static PetscErrorCode Push_ByCells(void *ctx, const double *mass, double *target) {
  const ByCells *c = ctx;
  const PetscInt first = c->grid->first_cell;

  for (PetscInt cell = first; cell < c->grid->last_cell; cell++)
    if (mass[cell - first] != 0) c->send(c->ctx, cell, mass[cell - first], target, NULL);
  return PETSC_SUCCESS;
}

static PetscErrorCode Pull_ByCells(void *ctx, const double *everywhere, double *value) {
  const ByCells *c = ctx;
  const PetscInt first = c->grid->first_cell;

  for (PetscInt cell = first; cell < c->grid->last_cell; cell++)
    value[cell - first] = c->send(c->ctx, cell, 1, NULL, everywhere);
  return PETSC_SUCCESS;
}

static PetscErrorCode Destroy_ByCells(void *ctx) {
  ByCells *c = ctx;

  PetscFunctionBegin;
  PetscCall(PetscFree(c->ctx));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPushForwardByCells(SgdGrid grid, SgdSendCell send, void *ctx, Mat *A) {
  static const SgdPushForwardOps ops = {.push = Push_ByCells, .pull = Pull_ByCells, .destroy = Destroy_ByCells};
  ByCells *c;

  PetscFunctionBegin;
  PetscCall(PetscNew(&c));
  *c = (ByCells){grid, send, ctx};
  PetscCall(SgdPushForwardCreate(grid, &ops, c, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
