/* Sums that keep what rounding drops: compensated summation (T. Ogita, S. Rump, S. Oishi, SIAM J. Sci. Comput. 26
   (2005) 1955, Sum2). The result is as good as if the sum had been done in twice the precision, so it hardly depends on
   the order of the terms, nor on the number of ranks. Not valid under -ffast-math. */
#pragma once
#include "cases/base/base.h"

typedef struct {
  double value, lost; /* the running sum, and what rounding has taken from it so far */
} SgdSum;

static inline void SgdSumAdd(SgdSum *s, double x) {
  double t = s->value + x, z = t - s->value;

  s->lost += (s->value - (t - z)) + (x - z);
  s->value = t;
}

/* total[i] = the sum over all ranks of local[i], the same bits on every rank. Collective. */
PETSC_EXTERN PetscErrorCode SgdSumReduce(MPI_Comm comm, int count, const SgdSum *local, double *total);
