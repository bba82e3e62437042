/* Random directions beside the modes: what a direction that nobody chose spreads by. */
#include "solver/modes/modes.h"
#include "cases/base/blas.h"
#include "cases/base/random.h"

#define DIRECTION 0x646972 /* keeps their stream apart from those of the batches */

static void Draw(PetscInt P, int seed, int number, double *v) {
  for (PetscInt i = 0; i < P; i++)
    v[i] = SgdRandomNormal((uint64_t)seed, (uint64_t)DIRECTION << 32 | (uint64_t)number, (uint64_t)i);
  cblas_dscal((int)P, 1 / cblas_dnrm2((int)P, v, 1), v, 1);
}

/* Curvature, how far the direction is from an eigenvector, and noise. */
static PetscErrorCode Describe(SgdLandscape l, const double *w, const SgdSgdOptions *sgd, const double *v, SgdMode *m) {
  const int P = (int)SgdLandscapeDimension(l);
  const double factor = SgdLandscapeBatchFactor(l, sgd->batch_size, SgdSettingsSampling(sgd));
  double *hv;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &hv));
  PetscCall(SgdLandscapeHessianApply(l, w, v, hv));
  m->eigenvalue = cblas_ddot(P, v, 1, hv, 1);
  cblas_daxpy(P, -m->eigenvalue, v, 1, hv, 1);
  m->residual = cblas_dnrm2(P, hv, 1);
  PetscCall(PetscFree(hv));
  PetscCall(SgdLandscapeModeNoise(l, w, v, &m->D, &m->Gamma, &m->covariance));
  m->D *= factor;
  m->Gamma *= factor;
  m->covariance *= factor;
  m->prediction = SgdModePredict(sgd->learning_rate, m->eigenvalue, m->D, m->Gamma, 0, sgd->steps);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModesAddRandom(SgdModes *modes, SgdLandscape l, const double *w_ref, SgdSpectrum s,
                                 const SgdSgdOptions *sgd, int random, int seed) {
  double *v;

  PetscFunctionBegin;
  if (!random) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(s->P, &v));
  PetscCall(SgdSpectrumGrow(s, random));
  PetscCall(PetscRealloc((size_t)(modes->count + random) * sizeof *modes->row, &modes->row));
  for (int k = 0; k < random; k++) {
    const int at = s->count++;
    Draw(s->P, seed, k, v);
    PetscCall(SgdSpectrumFromFirst(s, at, v));
    PetscCall(Describe(l, w_ref, sgd, v, &s->mode[at]));
    modes->row[modes->count++] = (SgdModeRow){.mode = at, .random = true};
  }
  PetscCall(PetscFree(v));
  PetscFunctionReturn(PETSC_SUCCESS);
}
