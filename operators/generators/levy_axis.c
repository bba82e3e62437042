#include "operators/generators/levy_axis.h"
#include "operators/generators/fractional_laplacian.h"

/* A mirrored axis is a ring of twice its length. */
PetscErrorCode SgdLevyAxisCreate(SgdGrid grid, int a, double alpha, SgdLevyAxis *x) {
  const int n = (int)grid->n[a];

  PetscFunctionBegin;
  x->period = grid->boundary[a] == SGD_ABSORBING ? 0 : grid->boundary[a] == SGD_PERIODIC ? n : 2 * n;
  PetscCall(PetscMalloc1(PetscMax(n + 2, x->period), &x->rate));
  if (x->period)
    SgdFractionalRing(alpha, x->period, x->rate);
  else
    SgdFractionalRates(alpha, n + 1, x->rate);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLevyAxisDestroy(SgdLevyAxis *x) {
  PetscFunctionBegin;
  PetscCall(PetscFree(x->rate));
  PetscFunctionReturn(PETSC_SUCCESS);
}

double SgdLevyStrength(const SgdLevyNoise *l, int a, PetscInt held) {
  SgdFields f = l->fields;
  const double s = l->scale ? l->scale[a] : sqrt(PetscMax(0, f->C[SgdPair(f->grid->dim, a, a)][held]));

  return pow(l->learning_rate, l->alpha - 1) * pow(s, l->alpha);
}
