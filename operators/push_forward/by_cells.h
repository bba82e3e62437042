/* A push-forward whose cells send their mass one by one, by a function that says where: the same function gives the map
   and its transpose. */
#pragma once
#include "operators/push_forward/push_forward.h"

/* target [cells + ledger] += what `mass` at this rank's cell number `cell` sends there; or, target NULL, the return value:
   mass times the sum of the weights with `everywhere` [cells + ledger]. */
typedef double (*SgdSendCell)(const void *ctx, PetscInt cell, double mass, double *target, const double *everywhere);

/* ctx, of PetscNew, belongs to the matrix from here on. Errors as SgdPushForwardCreate. */
PETSC_INTERN PetscErrorCode SgdPushForwardByCells(SgdGrid grid, SgdSendCell send, void *ctx, Mat *A);
