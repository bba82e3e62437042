/* The path-linearised closure with whole P x P matrices (THEORY.md (54)), for small models and as the twin of the
   adjoint form (path_adjoint.h):
     Pi_{n+1} = (I - eta H_n) Pi_n (I - eta H_n) + eta^2 C_n [ + eta^2 E(dH_n Pi_n dH_n) ],   Pi_0 = 0
   H_n, C_n: mean Hessian and batch covariance of the whole gradient at the middle of n's interval of the path; dH: the
   fluctuation of a batch's Hessian, its expectation over a number of sampled batches. */
#pragma once
#include "cases/noise/batch_draw.h"
#include "operators/linearised/path.h"

/* Hessians and single-draw covariances of all intervals of a path: 2 intervals P^2 numbers. */
typedef struct _p_SgdPathFields {
  SgdPath path;
  double *H, *C1; /* [intervals][P][P] */
} * SgdPathFields;

/* Collective. */
PETSC_EXTERN PetscErrorCode SgdPathFieldsCreate(SgdPath path, SgdPathFields *fields);
PETSC_EXTERN PetscErrorCode SgdPathFieldsDestroy(SgdPathFields *fields);

typedef struct {
  PetscInt batch;
  SgdSampling sampling;
  int coarsen;          /* 1; k: k neighbouring intervals share their mean fields (an error check) */
  int coupling_batches; /* batches that the expectation over dH is taken of; 0: without the coupling term */
  int seed;
  PetscBool stepwise; /* without coupling: step by step instead of interval by interval; slow and plain, for tests */
} SgdPathClosureOptions;

/* variance [records][M] = v^T Pi_n v for the rows v of V [M][P] after the steps n of step [records] (rising, the last
   at most the path's), and Pi [P][P] after the last of them (may be NULL). Collective. */
PETSC_EXTERN PetscErrorCode SgdPathClosure(SgdPathFields fields, const SgdPathClosureOptions *o, int records,
                                           const int *step, int M, const double *V, double *variance, double *Pi);
