/* The law of the minibatch noise at each cell of the grid, as its characteristic function on the slice (THEORY.md (5)):
     phi(q; a) = E exp(-i q.(G(a) - g(a))),   q in reciprocal units of the gradient's slice coordinates.
   A step moves by -eta G, so mode k of the density meets conj phi(eta k). */
#pragma once
#include "operators/noise/sample_law.h"
#include "operators/step/step.h"
#include "cases/noise/step_law.h"
#include <complex.h>

typedef struct _p_SgdNoiseLaw *SgdNoiseLaw;

/* `name`: a law of step_law.h, scaled by the covariance field; NULL: the landscape's own, its closed form or the finite
   sample. `table` etc. as in step_law.h. The step is kept. Errors refer to `key` of the case `kase` (may be NULL). Collective.
 */
PETSC_INTERN PetscErrorCode SgdNoiseLawCreate(const SgdStep *step, SgdCase kase, const char *key, const char *name,
                                              const SgdStepLawParameters *parameters, SgdNoiseLaw *law);
PETSC_INTERN PetscErrorCode SgdNoiseLawDestroy(SgdNoiseLaw *law);
PETSC_INTERN const char *SgdNoiseLawWords(SgdNoiseLaw law);
/* Is it Gaussian with the covariance of the fields; is it that of batches of samples? */
PETSC_INTERN PetscBool SgdNoiseLawGaussian(SgdNoiseLaw law);
PETSC_INTERN PetscBool SgdNoiseLawSamples(SgdNoiseLaw law);
/* That of batches of samples, NULL for others. Borrowed. */
PETSC_INTERN SgdSampleLaw SgdNoiseLawSampleLaw(SgdNoiseLaw law);
/* Settle on the cell (natural index, held by this rank) whose law is asked for next. */
PETSC_INTERN PetscErrorCode SgdNoiseLawAt(SgdNoiseLaw law, PetscInt cell);
/* Is the law known at any point of the slice, on any rank (else at the cells, by their covariance)? Then settle on the
   point x [dim]. */
PETSC_INTERN PetscBool SgdNoiseLawPointwise(SgdNoiseLaw law);
PETSC_INTERN PetscErrorCode SgdNoiseLawAtPoint(SgdNoiseLaw law, const double x[]);
/* The covariance [pairs] of a cell that this rank holds. */
PETSC_INTERN void SgdNoiseLawCovariance(SgdNoiseLaw law, PetscInt cell, double C[]);
/* Settle on the law of a cell of another rank, by its covariance C [pairs]. */
PETSC_INTERN PetscErrorCode SgdNoiseLawAtCovariance(SgdNoiseLaw law, const double C[]);
/* phi of the law settled on at q [dim]; and on the line of modes q0 + m dq, m = 0 .. n-1. */
PETSC_INTERN double _Complex SgdNoiseLawCharacteristic(SgdNoiseLaw law, const double q[]);
PETSC_INTERN PetscErrorCode SgdNoiseLawLine(SgdNoiseLaw law, const double q0[], const double dq[], PetscInt n,
                                            double _Complex phi[]);
/* Half-width along each axis, in units of the slice, beyond which the noise of a step (eta times the gradient's) has
   probability below `tail` at any cell (laws of samples: at 40 points of the range where mass is
   expected, with tail/weight, support.h); *bounded tells whether the law has such a width or was cut (heavy tails).
   Collective. */
PETSC_INTERN PetscErrorCode SgdNoiseLawReach(SgdNoiseLaw law, double tail, double reach[], PetscBool *bounded);
/* What the grid's shortest waves ask of the law, against what a table knows: *wanted, the largest argument of the
   characteristic function of one variable, |(S eta k)_a| <= eta sqrt(C_aa) |k| with k_b = pi/h_b; *known, where the
   table ends, and |phi| there (infinite and 0 for formulas). Collective. */
PETSC_INTERN PetscErrorCode SgdNoiseLawRange(SgdNoiseLaw law, double *wanted, double *known, double *last);
/* Is the law the same at every cell, to a relative `tolerance` of the covariance? Collective. */
PETSC_INTERN PetscErrorCode SgdNoiseLawHomogeneous(SgdNoiseLaw law, double tolerance, PetscBool *same);
