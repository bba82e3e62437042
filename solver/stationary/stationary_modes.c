#include "solver/stationary/stationaryimpl.h"
#include "solver/long_time/canonical_basis.h"

/* Eigenvalues nearer than this, in the decay of a step, cannot be told apart: Classify's bound for the density's own. */
#define EQUAL 1e-10

static PetscBool IsReal(const SgdStationaryState *s, int k) {
  return (PetscBool)(s->e->im[k] == 0);
}

/* As far as k's eigenvalue goes: one past the last real one that equals it. A map's mu and -mu are two. */
static int GroupEnd(const SgdStationaryState *s, SgdModelKind kind, double eta, int k) {
  const double decay = SgdEigenpairsLogMu(s->e, kind, eta, k);
  int end = k + 1;

  while (end < s->e->count && IsReal(s, end) && s->e->re[end] * s->e->re[k] >= 0 &&
         PetscAbsReal(SgdEigenpairsLogMu(s->e, kind, eta, end) - decay) < EQUAL)
    end++;
  return end;
}

/* The density stays; the other functions of its eigenvalue are taken out of its direction first. */
static PetscErrorCode BesideDensity(SgdStationaryState *s, SgdGrid grid) {
  const Vec p = s->e->v[s->leading];
  PetscScalar dot, norm;

  PetscFunctionBegin;
  PetscCall(VecDot(p, p, &norm));
  for (int k = s->leading + 1; k < s->leading + s->degenerate; k++) {
    PetscCall(VecDot(s->e->v[k], p, &dot));
    PetscCall(VecAXPY(s->e->v[k], -dot / norm, p));
  }
  PetscCall(SgdCanonicalBasis(grid, PetscMax(0, s->degenerate - 1), s->e->v + s->leading + 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Scale(SgdStationaryState *s, int k) {
  PetscReal size, size_im;

  PetscFunctionBegin;
  PetscCall(VecNorm(s->e->v[k], NORM_1, &size));
  PetscCall(VecNorm(s->e->w[k], NORM_1, &size_im));
  PetscCall(VecScale(s->e->v[k], 1 / hypot(size, size_im)));
  PetscCall(VecScale(s->e->w[k], 1 / hypot(size, size_im)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryModes(SgdStationaryState *s, SgdGrid grid, SgdModelKind kind, double eta) {
  PetscFunctionBegin;
  for (int k = 0, end; k < s->e->count; k = end) {
    end = k + 1;
    if (k == s->leading) {
      end = k + PetscMax(1, s->degenerate);
      PetscCall(BesideDensity(s, grid));
    } else if (IsReal(s, k)) {
      end = GroupEnd(s, kind, eta, k);
      PetscCall(SgdCanonicalBasis(grid, end - k, s->e->v + k));
    } else
      PetscCall(SgdCanonicalPhase(grid, s->e->v[k], s->e->w[k]));
  }
  for (int k = 0; k < s->e->count; k++)
    if (k != s->leading) PetscCall(Scale(s, k));
  PetscFunctionReturn(PETSC_SUCCESS);
}
