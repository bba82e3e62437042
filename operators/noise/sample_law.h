/* The exact law of the minibatch noise at a point of the slice, from the gradients of all N samples there (THEORY.md
   (16), (17); batch_law.h): with replacement, or without within the batch. In phase space (a grid with the velocity as
   its second axis) the one noise of the slice drives both coordinates: phi(q_1, q_2) = phi_slice(q_1 + q_2). */
#pragma once
#include "operators/step/step.h"
#include <complex.h>

typedef struct _p_SgdSampleLaw *SgdSampleLaw;

/* The step is kept. */
PETSC_INTERN PetscErrorCode SgdSampleLawCreate(const SgdStep *step, SgdSampleLaw *law);
PETSC_INTERN PetscErrorCode SgdSampleLawDestroy(SgdSampleLaw *law);
/* What it is, and what it drops, in words. Without replacement the law is exact while N B is at most 20,000; beyond,
   that with replacement is scaled by sqrt((N-B)/(N-1)), which is right through the covariance. */
PETSC_INTERN const char *SgdSampleLawWords(SgdSampleLaw law);
/* Rough cost in seconds of settling on a point, and of phi at one mode. */
PETSC_INTERN void SgdSampleLawCost(SgdSampleLaw law, double *point, double *mode);
/* Settle on the point x [dim] of the slice. Any rank, any point. */
PETSC_INTERN PetscErrorCode SgdSampleLawAt(SgdSampleLaw law, const double x[]);
/* Where the law of a batch is that of one draw to the power B (THEORY.md (16)) and on the slice's own axes: the centred gradients
   c [dim][N] of the place settled on, as draw_law.h takes them; else NULL. */
PETSC_INTERN const double *SgdSampleLawDraws(SgdSampleLaw law, int *N, int *B);
/* phi on the modes q0 + m dq, m = 0 .. n-1; q in reciprocal units of the gradient. */
PETSC_INTERN PetscErrorCode SgdSampleLawLine(SgdSampleLaw law, const double q0[], const double dq[], PetscInt n,
                                             double _Complex phi[]);
/* Where it has draws: phi of the tensor of waves q_a = q[a][m_a], [2][M_{d-1}] .. [M_0], real parts, then imaginary ones. */
PETSC_INTERN PetscErrorCode SgdSampleLawTensor(SgdSampleLaw law, const int M[], const double *const q[], double *phi);
/* phi [lines][n] on neighbouring lines along the last axis, line l at q0[0] + l across: where the law has draws, as products of
   matrices (draw_law.h). */
PETSC_INTERN PetscErrorCode SgdSampleLawLines(SgdSampleLaw law, const double q0[], int lines, double across,
                                              const double dq[], PetscInt n, double _Complex phi[]);
/* Beyond this along axis a lies less than `tail` of the gradient's noise, there; by side, and on both. */
PETSC_INTERN void SgdSampleLawSides(SgdSampleLaw law, int a, double tail, double side[2]); /* above 0, below 0 */
PETSC_INTERN double SgdSampleLawReach(SgdSampleLaw law, int a, double tail);
