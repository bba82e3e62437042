/* A noise law that depends on the place as a signed mixture of its values at a few cells (NUMERICS 4):
     phi(q; a) ~ sum_r u_r(a) phi(q; a_r),     u(a) = phi(q_1 .. q_R; a) Phi^{-1},   Phi_rs = phi(q_s; a_r),
   cells a_r and modes q_s (real or imaginary parts) by cross approximation with full pivoting on a sample of cells and
   modes, verified on other cells. Mode 0 is the first pivot, so sum_r u_r = 1. */
#pragma once
#include "noise_law.h"

typedef struct {
  int terms;
  PetscInt *cell; /* [terms] a_r */
  double *C;      /* [terms][6] covariance there */
  double *weight; /* [terms][local cells] u_r */
  double error;   /* largest met on the cells of verification */
} SgdLawExpansion;

/* On the modes q_a = dq[a] m_a, |m_a| <= modes[a], to `tolerance`, with at most `most` terms. If more would be needed,
   terms is 0. Collective. */
PETSC_INTERN PetscErrorCode SgdLawExpansionCreate(SgdNoiseLaw law, SgdGrid grid, const double dq[], const int modes[],
                                                  double tolerance, int most, SgdLawExpansion *expansion);
PETSC_INTERN PetscErrorCode SgdLawExpansionDestroy(SgdLawExpansion *expansion);
