/* Named laws of the step noise by the characteristic function of one centred variable X,
     phi(q) = E exp(-i q X),
   of unit variance, or of unit scale where there is no variance (alpha_stable). The noise of a minibatch gradient with
   covariance C is S X with independent X along each axis and S the symmetric square root of C: its characteristic
   function is prod_b phi((S q)_b) (THEORY.md (18)). Plain C. A new law is one file
   laws/law_<name>.c and one line in step_laws.def.

     gaussian          exp(-q^2/2)
     uniform           sin(r q)/(r q), r = sqrt 3
     rademacher        cos q                      (two samples, one of them a step)
     exponential       exp(i q)/(1 + i q)         skewness 2, excess kurtosis 6
     gamma(shape)      [exp(i q/r)/(1 + i q/r)]^shape, r = sqrt(shape)      skewness 2/r
     laplace           1/(1 + q^2/2)
     compound_poisson(rate)  Poisson number of exponential jumps of mean m = 1/sqrt(2 rate), centred:
                       exp(rate (1/(1 + i q m) - 1 + i q m))                skewness 6 rate m^3
     poisson(rate)     Poisson number of jumps of one size 1/sqrt(rate), centred: exp(rate (exp(-i x) - 1 + i x)),
                       x = q/sqrt(rate)                                     skewness 1/sqrt(rate)
     alpha_stable(alpha)     exp(-|q|^alpha), 0 < alpha <= 2
     tabulated         rows "q re im" of a file, q from 0 upwards; six-point interpolation; zero beyond the last */
#pragma once
#include "cases/base/complex.h"
#include <stdbool.h>

typedef struct _p_SgdStepLaw *SgdStepLaw;

typedef struct {
  double shape, rate, alpha;
  const char *table; /* a file, for `tabulated` */
} SgdStepLawParameters;

/* NULL-terminated list of the names. */
const char *const *SgdStepLawNames(void);
/* The key of the parameter that the law of this name reads; "" if none, and for names of no law. */
const char *SgdStepLawReads(const char *name);
/* Returns NULL and writes what is wrong into message [256]. */
SgdStepLaw SgdStepLawCreate(const char *name, const SgdStepLawParameters *parameters, char message[256]);
void SgdStepLawDestroy(SgdStepLaw *law);
double _Complex SgdStepLawCharacteristic(SgdStepLaw law, double q);
/* Beyond this |X| lies less than `tail` of the probability, or a bound on it. */
double SgdStepLawReach(SgdStepLaw law, double tail);
/* Largest q the law is known for (tabulated: the last row's), and |phi| there; infinite for formulas. */
double SgdStepLawRange(SgdStepLaw law, double *last);
/* Has it no variance, and no reach worth the name? */
bool SgdStepLawHeavy(SgdStepLaw law);
/* Is the law of this name the normal one, for which there are faster ways than its characteristic function? */
bool SgdStepLawIsGaussian(const char *name);
/* Is the variance of the law of this name not 1, or not known? False for names of no law. */
bool SgdStepLawOtherVariance(const char *name);
