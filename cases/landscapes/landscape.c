/* The register of landscape families, and what every landscape answers without computing. */
#include "cases/landscapes/landscapeimpl.h"
#include "cases/file/choice.h"

#define SGD_FAMILY(ops) &ops,
static const SgdLandscapeOps *const families[] = {
#include "cases/landscapes/families.def"
};
#undef SGD_FAMILY
enum { FAMILIES = sizeof families / sizeof *families };

const char *SgdLandscapeFamilyName(int i) {
  return i < FAMILIES ? families[i]->name : NULL;
}

static PetscErrorCode FindFamily(SgdCase c, const SgdLandscapeOps **ops) {
  const char *name, *known[FAMILIES + 1] = {NULL};
  int found = 0;

  PetscFunctionBegin;
  for (int i = 0; i < FAMILIES; i++) known[i] = families[i]->name;
  PetscCall(SgdCaseScalar(c, "landscape.family", NULL, "", &name));
  PetscCall(SgdCaseChoice(c, "landscape.family", known, name, &found));
  *ops = families[found];
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeCreate(SgdCase c, SgdLandscape *landscape) {
  const SgdLandscapeOps *ops = NULL;
  SgdLandscape l;
  PetscErrorCode ierr;

  PetscFunctionBegin;
  *landscape = NULL;
  PetscCall(FindFamily(c, &ops));
  PetscCall(PetscNew(&l));
  l->ops = ops;
  l->comm = SgdCaseComm(c);
  ierr = ops->create(l, c);
  if (!ierr) ierr = SgdLandscapeWeigh(c, &l);
  if (!ierr) ierr = SgdLandscapeReadNoise(c, &l);
  if (ierr) {
    PetscCall(SgdLandscapeDestroy(&l));
    PetscCall(ierr);
  }
  *landscape = l;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeDestroy(SgdLandscape *landscape) {
  SgdLandscape l = *landscape;

  PetscFunctionBegin;
  if (!l) PetscFunctionReturn(PETSC_SUCCESS);
  if (l->data) PetscCall(l->ops->destroy(l));
  PetscCall(PetscFree(l->tilt));
  PetscCall(PetscFree(*landscape));
  PetscFunctionReturn(PETSC_SUCCESS);
}

const char *SgdLandscapeFamily(SgdLandscape l) {
  return l->ops->name;
}
PetscInt SgdLandscapeDimension(SgdLandscape l) {
  return l->dimension;
}
PetscInt SgdLandscapeSamples(SgdLandscape l) {
  return l->samples;
}
PetscInt SgdLandscapePopulation(SgdLandscape l) {
  return l->population ? l->population : l->samples;
}
SgdLandscapeDomain SgdLandscapeGetDomain(SgdLandscape l) {
  return l->domain;
}
MPI_Comm SgdLandscapeComm(SgdLandscape l) {
  return l->comm;
}

PetscErrorCode SgdLandscapeView(SgdLandscape l) {
  return l->ops->view(l);
}

PetscErrorCode SgdLandscapeStart(SgdLandscape l, PetscInt seed, double *w) {
  PetscFunctionBegin;
  if (l->ops->start)
    PetscCall(l->ops->start(l, seed, w));
  else
    PetscCall(PetscArrayzero(w, l->dimension));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLandscapeBatchGradient(SgdLandscape l, const double *w, PetscInt batch, const PetscInt *index,
                                         double *loss, double *g) {
  PetscFunctionBegin;
  PetscCheck(l->ops->batch_gradient, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s has no samples", l->ops->name);
  l->ops->batch_gradient(l, w, batch, index, loss, g);
  SgdLandscapeAddCommon(l, w, loss, g);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Cov of a batch mean: C1/B with replacement; times (N-B)/(N-1) for a batch of distinct samples. */
double SgdLandscapeBatchFactor(SgdLandscape l, PetscInt batch, SgdSampling sampling) {
  const double B = (double)batch, N = (double)SgdLandscapePopulation(l);

  if (sampling == SGD_WITH_REPLACEMENT || N == 0) return 1.0 / B;
  return N == 1 ? 0.0 : (N - B) / (B * (N - 1.0));
}

PetscInt SgdLandscapeTestSamples(SgdLandscape l) {
  return l->test;
}

PetscErrorCode SgdLandscapeTest(SgdLandscape l, const double *w, SgdLandscapeLosses *losses) {
  PetscFunctionBegin;
  PetscCheck(l->test, PETSC_COMM_SELF, PETSC_ERR_SUP, "Landscape %s holds no samples out", l->ops->name);
  l->ops->gradient(l, w, 0, l->samples, &losses->training, NULL);
  losses->training /= (double)PetscMax(1, l->samples);
  losses->test = l->ops->test(l, w, &losses->accuracy);
  SgdLandscapeAddCommon(l, w, &losses->training, NULL);
  SgdLandscapeAddCommon(l, w, &losses->test, NULL);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscBool SgdLandscapeAccuracy(SgdLandscape l, const double *w, double *accuracy) {
  if (!l->ops->accuracy) return PETSC_FALSE;
  *accuracy = l->ops->accuracy(l, w);
  return PETSC_TRUE;
}
