/* The parts of the command `stationary`. Inside solver/stationary*.c only. */
#pragma once
#include "stationary.h"

PETSC_INTERN PetscErrorCode SgdStationaryCompute(SgdProblem *p, SgdModel m, const SgdEigenpairsOptions *o,
                                                 SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdStationaryFree(SgdStationaryState *s);
PETSC_INTERN PetscErrorCode SgdFlatAxesFind(SgdProblem *p, SgdFlatAxes *flat, PetscBool *any);
/* s [models]; NULL where there is no stationary state. */
PETSC_INTERN PetscErrorCode SgdStationaryWrite(SgdProblem *p, const SgdFlatAxes *flat, const SgdStationaryState *s,
                                               const char *folder);
/* Expectations: section stationary.expect, items {model, quantity, value, tolerance, relative}. Quantities: mu_K,
   gap_K (1 - |mu_K|), rate_K (-ln|mu_K|/eta), escape_rate, leak, degenerate, fluctuation_dissipation,
   mean_A, second_moment_A (<a_A^2>), diffusion_A. */
PETSC_INTERN PetscErrorCode SgdStationaryExpect(SgdProblem *p, const SgdFlatAxes *flat, const SgdStationaryState *s);
