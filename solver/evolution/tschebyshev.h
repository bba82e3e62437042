/* TS type "sgdchebyshev": the exponential of a Markov generator by Chebyshev's series, to rounding, with far fewer
   products than uniformisation where Lambda t is large (about sqrt(70 Lambda t) instead of Lambda t). With
   P = I + L/Lambda (tsuniform.h), Lambda = max_j |L_jj|, and q = Lambda t,
     exp(t L) y = e^{-q} [ I_0(q) + 2 sum_k I_k(q) T_k(P) ] y,
   I_k modified Bessel functions, T_k Chebyshev polynomials (Tal-Ezer and Kosloff, J. Chem. Phys. 81, 1984). P's
   spectrum lies in the unit disc; where drift takes it off the real axis T_k grows, and a stretch is shortened until no
   term of the series exceeds the density's peak, so that rounding is that of the sum. Mass is kept to rounding. Not
   positive by construction: what the terms cancel to may be negative by rounding, 1e-15 of the peak. */
#pragma once
#include <petscts.h>

#define TSSGDCHEBYSHEV "sgdchebyshev"

PETSC_INTERN PetscErrorCode SgdTSChebyshevRegister(void);
/* The generator L (AIJ); call after TSSetType(ts, TSSGDCHEBYSHEV). */
PETSC_INTERN PetscErrorCode SgdTSChebyshevSetGenerator(TS ts, Mat L);
/* Between products of a long step: *stop gives it up, and the state stays that of its begin. Collective. */
PETSC_INTERN PetscErrorCode SgdTSChebyshevSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop));
/* Lambda t of the longest stretch so far found calm: what the integrator remembers from one step to the next. */
PETSC_INTERN PetscErrorCode SgdTSChebyshevGetLongest(TS ts, double *longest);
PETSC_INTERN PetscErrorCode SgdTSChebyshevSetLongest(TS ts, double longest);
