/* TS type "sgdrational": the exponential of a generator by rational Krylov (rational_exponential.h), to an estimated error
   of 1e-12 a step of the integrator, which may be as long as one likes: about 15 solves with one factorisation, where
   uniformisation and Chebyshev's series pay by the length. Mass is kept to rounding; what falls below zero is below
   the error, and the run's verdict judges it like any other. */
#pragma once
#include "operators/matrices/rational_exponential.h"
#include <petscts.h>

#define TSSGDRATIONAL "sgdrational"

PETSC_INTERN PetscErrorCode SgdTSRationalRegister(void);
/* The generator L (AIJ); call after TSSetType(ts, TSSGDRATIONAL). grid: of its state vectors. */
PETSC_INTERN PetscErrorCode SgdTSRationalSetGenerator(TS ts, Mat L, SgdGrid grid);
/* Between solves of a step: *stop gives it up, and the state stays that of its begin. Collective. */
PETSC_INTERN PetscErrorCode SgdTSRationalSetLook(TS ts, PetscErrorCode (*look)(TS ts, PetscBool *stop));
