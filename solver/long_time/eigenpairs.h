/* Leading eigenpairs of a model's operator on the cells (THEORY.md (58)): those that decay most slowly. */
#pragma once
#include "operators/models/model.h"

typedef struct {
  int eigenpairs;    /* wanted */
  double tolerance;  /* relative residual */
  int ncv;           /* dimension of the Krylov space; 0: automatic */
  PetscBool adjoint; /* of the transposed operator: the left eigenvectors (backward equation) */
} SgdEigenpairsOptions;

typedef struct _p_SgdEigenpairs {
  int count;
  double *re, *im;       /* eigenvalues of the operator: multipliers mu of a map, rates lambda of a generator; slowest
                            decay first, complex pairs complete */
  double *residual;      /* |S v - theta v| / |theta v|: of a map S = B, of a generator S = (L - shift)^{-1}, or,
                            unassembled,      S = L + shift */
  double *residual_mass; /* the same in the 1-norm, |S v - theta v|_1 / |theta| */
  double shift;          /* 0 for a map */
  Vec *v, *w;            /* real and imaginary parts of the right eigenvectors, on the cells */
  int unconverged;       /* of those asked for: count is so many less, with a warning */
  int missed;            /* eigenpairs that a first Krylov space had missed and a second one found */
  PetscInt applications; /* of the model's operator; of an assembled generator, linear solves */
} * SgdEigenpairs;

/* Collective. Maps: Krylov-Schur on the operator itself, largest magnitude, never assembled. Generators:
   shift-and-invert close to zero with the solver of conservative_solve.h, or unassembled, on I/eta + A. A second pass
   in the complement of what was found looks for missed copies of (nearly) degenerate eigenvalues. Options prefix:
   <model>_stationary_. Pairs that do not converge are left out with a warning; none, or a left one: exit 3. */
PETSC_INTERN PetscErrorCode SgdEigenpairsCompute(SgdModel model, SgdGrid grid, double learning_rate,
                                                 const SgdEigenpairsOptions *o, SgdEigenpairs *e);
PETSC_INTERN PetscErrorCode SgdEigenpairsDestroy(SgdEigenpairs *e);
/* The decay of eigenpair k per SGD step, as ln |mu|: from a generator's rate without the detour over mu. */
PETSC_INTERN double SgdEigenpairsLogMu(SgdEigenpairs e, SgdModelKind kind, double learning_rate, int k);
