/* Many steps of a linear recursion at once, while its matrices stay the same. */
#pragma once
#include "cases/base/base.h"

/* `count` times Pi <- A Pi A + C for symmetric A, C and Pi [P][P], in the eigenbasis of A. A and C are kept. */
PETSC_INTERN PetscErrorCode SgdPathAdvance(int P, int count, const double *A, const double *C, double *Pi);
