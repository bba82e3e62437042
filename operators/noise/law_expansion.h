/* A noise law that depends on the place as a signed mixture of its values at a few places (THEORY.md (13)):
     phi(q; a) ~ sum_r u_r(a) phi(q; a_r),     u(a) = phi(q_1 .. q_R; a) Phi^{-1},   Phi_rs = phi(q_s; a_r),
   places a_r and modes q_s (real or imaginary parts) by cross approximation (cross_approximation.h) on a sample of
   cells and modes, verified on other cells. The exact law of batches with replacement is taken from a table (law_table.h). Mode 0 is the first pivot, so sum_r u_r = 1. Errors count in full where the
   mass is expected and less beyond (support.h). Laws known pointwise (the exact law of samples) are costly at each cell
   but smooth: there u is interpolated from a tensor of Chebyshev nodes, as many as it takes, over the range of
   support.h; beyond it, where 1e-12 of a Gaussian's mass is, the law is taken to be that of the nearest place within.
   Fewer terms, mixtures of the places, then do as well (law_compress.c). */
#pragma once
#include "operators/noise/law_table.h"

typedef struct {
  double tolerance, acceptable; /* wanted; and enough, where `most` terms do not reach the one wanted */
  int most;
  const SgdSupport *support;
} SgdLawAccuracy;

typedef struct {
  int terms, places; /* fields of weights; places a_r */
  PetscBool frozen;  /* does the box reach beyond the range where the law is expanded? */
  int nodes;         /* Chebyshev nodes an axis; 0: u was computed at every cell */
  SgdLawTable table; /* of the law, while factors of the modes are computed; NULL: none served */
  double (*x)[3];    /* [places] a_r */
  double *C;         /* [places][6] covariance there; NULL if the law is known pointwise */
  double *mix;       /* [terms][places]: what a term takes of the law at each place; NULL: terms are places */
  double *weight;    /* [terms][local cells] */
  double error;      /* largest met on the cells of verification, weighted by support.h */
  double elsewhere;  /* the same, not weighted */
} SgdLawExpansion;

/* On the modes q_a = dq[a] m_a, |m_a| <= modes[a]. If more terms would be needed, terms is 0 and error what `most` of
   them leave. Collective. */
PETSC_INTERN PetscErrorCode SgdLawExpansionCreate(SgdNoiseLaw law, SgdGrid grid, const double dq[], const int modes[],
                                                  const SgdLawAccuracy *accuracy, SgdLawExpansion *expansion);
/* Rough seconds of the same without a table (law_table.h), where settling on a place takes `point` and phi of a mode there
   `mode`, beyond the gradients at the nodes of the weights: of the small sample, of the weights, and of the terms' factors
   at every mode. */
PETSC_INTERN double SgdLawExpansionDirect(int dim, const int modes[], double point, double mode);
PETSC_INTERN PetscErrorCode SgdLawExpansionDestroy(SgdLawExpansion *expansion);
/* Settle `law` (and the table) on a place, in their order; then phi [lines][n] on neighbouring lines
   of modes: as SgdNoiseLawLine, dq along the last axis, line l at q0[0] + l across. */
PETSC_INTERN PetscErrorCode SgdLawExpansionSettle(const SgdLawExpansion *expansion, int place, SgdNoiseLaw law);
PETSC_INTERN PetscErrorCode SgdLawExpansionLines(const SgdLawExpansion *expansion, SgdNoiseLaw law, const double q0[],
                                                 int lines, double across, const double dq[], PetscInt n,
                                                 double _Complex phi[]);
/* The table is not needed any more. */
PETSC_INTERN PetscErrorCode SgdLawExpansionFreeTable(SgdLawExpansion *expansion);
