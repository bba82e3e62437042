/* Rows of a distributed array that ranks touch outside the slab they own: added to their owners, or copied from them.
   A rank's window is [low, high) of rows; where the axis is periodic it may reach beyond [0, rows) by up to `rows`. */
#pragma once
#include "cases/base/base.h"

typedef struct _p_SgdRowExchange *SgdRowExchange;

/* first [ranks + 1]: rows owned; width: doubles a row. Collective. */
PETSC_INTERN PetscErrorCode SgdRowExchangeCreate(MPI_Comm comm, const int first[], int low, int high, PetscInt width,
                                                 PetscBool periodic, SgdRowExchange *exchange);
PETSC_INTERN PetscErrorCode SgdRowExchangeDestroy(SgdRowExchange *exchange);
/* slab += the windows of all ranks. window [high - low][width], slab [own rows][width]. Collective. */
PETSC_INTERN PetscErrorCode SgdRowExchangeAdd(SgdRowExchange exchange, const double *window, double *slab);
/* window = what the owners hold. Collective. */
PETSC_INTERN PetscErrorCode SgdRowExchangeCopy(SgdRowExchange exchange, const double *slab, double *window);
PETSC_INTERN double SgdRowExchangeBytes(SgdRowExchange exchange); /* held by this rank */
