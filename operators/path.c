#include "path.h"
#include <math.h>

/* The interval whose middle step n is, or -1. */
static int MiddleOf(SgdPath p, int n) {
  const int j = n / p->refresh, first = SgdPathFirst(p, j), last = SgdPathFirst(p, j + 1);
  return n == (first + last) / 2 ? j : -1;
}

static PetscErrorCode Follow(SgdPath p, double *w, double *g, PetscBool *finite) {
  PetscFunctionBegin;
  *finite = PETSC_TRUE;
  for (int n = 0; n < p->steps && *finite; n++) {
    const int j = MiddleOf(p, n);
    if (j >= 0) PetscCall(PetscArraycpy(p->w + (size_t)j * (size_t)p->P, w, p->P));
    PetscCall(SgdLandscapeGradient(p->landscape, w, NULL, g));
    for (PetscInt i = 0; i < p->P; i++) {
      w[i] -= p->eta * g[i];
      if (!isfinite(w[i])) *finite = PETSC_FALSE;
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathCreate(SgdLandscape l, const double *w0, double eta, int steps, int refresh, SgdPath *path) {
  PetscBool finite;
  double *g;
  SgdPath p;

  PetscFunctionBegin;
  PetscCall(PetscNew(&p));
  *p = (struct _p_SgdPath){.landscape = l,
                           .P = SgdLandscapeDimension(l),
                           .steps = steps,
                           .refresh = refresh,
                           .intervals = (steps + refresh - 1) / refresh,
                           .eta = eta};
  PetscCall(PetscMalloc2((size_t)p->intervals * (size_t)p->P, &p->w, p->P, &p->end));
  PetscCall(PetscMalloc1(p->P, &g));
  PetscCall(PetscArraycpy(p->end, w0, p->P));
  PetscCall(Follow(p, p->end, g, &finite));
  PetscCall(PetscFree(g));
  if (!finite) {
    PetscCall(SgdPathDestroy(&p));
    return SgdFail(SgdLandscapeComm(l), SGD_EXIT_NUMBERS,
                   "closure: the mean path (gradient descent at sgd.learning_rate %g) runs away within %d steps", eta,
                   steps);
  }
  *path = p;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathDestroy(SgdPath *path) {
  PetscFunctionBegin;
  if (!*path) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*path)->w, (*path)->end));
  PetscCall(PetscFree(*path));
  PetscFunctionReturn(PETSC_SUCCESS);
}
