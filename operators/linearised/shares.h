/* How vectors of P parameters lie over ranks: a stretch of each vector on every rank, by PETSc's own split. On a
   communicator of one rank the stretch is the whole vector. All calls are collective over the ranks. */
#pragma once
#include "cases/base/base.h"

typedef struct _p_SgdShares {
  MPI_Comm comm;
  PetscInt P, first, local;   /* this rank's stretch: entries first .. first + local */
  PetscMPIInt *count, *start; /* [ranks] local and first of every rank */
} * SgdShares;

PETSC_EXTERN PetscErrorCode SgdSharesCreate(MPI_Comm comm, PetscInt P, SgdShares *s);
PETSC_EXTERN PetscErrorCode SgdSharesDestroy(SgdShares *s);
/* whole [P] on every rank from the ranks' stretches mine [local]. */
PETSC_EXTERN PetscErrorCode SgdSharesGather(SgdShares s, const double *mine, double *whole);
/* ... on rank 0 only; and from there (whole [P] on rank 0, of no meaning on the others). */
PETSC_EXTERN PetscErrorCode SgdSharesToFirst(SgdShares s, const double *mine, double *whole);
PETSC_EXTERN PetscErrorCode SgdSharesFromFirst(SgdShares s, const double *whole, double *mine);
/* mine [local] = the rank's stretch of the sum over the ranks of part [P]. */
PETSC_INTERN PetscErrorCode SgdSharesScatterSum(SgdShares s, const double *part, double *mine);
/* One whole vector for each rank: V [count][local] are the stretches of `count` vectors, whole [P] is vector first + rank
   on this rank, nothing where there is none of that number. */
PETSC_EXTERN PetscErrorCode SgdSharesDealOut(SgdShares s, int first, int count, const double *V, double *whole);
/* The way back: whole [P] on every rank where `mine`, V [ranks][local] is this rank's stretch of every rank's vector, of
   no meaning for those that have none. */
PETSC_EXTERN PetscErrorCode SgdSharesTakeApart(SgdShares s, PetscBool mine, const double *whole, double *V);
