/* Dense Hessians by Hessian-vector products with the unit vectors; dense covariances from every sample's gradient. */
#include "operators/linearised/path_closure.h"
#include "cases/base/blas.h"

static PetscErrorCode DenseHessian(SgdLandscape l, const double *w, double *H) {
  const PetscInt P = SgdLandscapeDimension(l);
  double *e;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(P, &e));
  for (PetscInt i = 0; i < P; i++) {
    e[i] = 1;
    PetscCall(SgdLandscapeHessianApply(l, w, e, H + (size_t)i * (size_t)P));
    e[i] = 0;
  }
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* C1 = (1/N) sum_i g_i g_i^T - g g^T, over parts of the samples; only its lower triangle until the end */
static PetscErrorCode SampleCovariance(SgdLandscape l, const double *w, double *C1) {
  enum { PART = 512 };
  const PetscInt P = SgdLandscapeDimension(l), N = SgdLandscapeSamples(l);
  double *part, *mean;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2((size_t)PetscMin(PART, N) * (size_t)P, &part, P, &mean));
  PetscCall(SgdLandscapeGradient(l, w, NULL, mean));
  PetscCall(PetscArrayzero(C1, (size_t)P * (size_t)P));
  for (PetscInt first = 0; first < N; first += PART) {
    const PetscInt count = PetscMin(PART, N - first);
    PetscCall(SgdLandscapeWholeGradients(l, w, first, first + count, part));
    for (PetscInt i = 0; i < count; i++) cblas_daxpy((int)P, -1.0, mean, 1, part + (size_t)i * (size_t)P, 1);
    cblas_dsyrk(CblasRowMajor, CblasLower, CblasTrans, (int)P, (int)count, 1.0 / (double)N, part, (int)P, 1.0, C1,
                (int)P);
  }
  for (PetscInt i = 0; i < P; i++)
    for (PetscInt j = 0; j < i; j++) C1[(size_t)j * (size_t)P + (size_t)i] = C1[(size_t)i * (size_t)P + (size_t)j];
  PetscCall(PetscFree2(part, mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FormulaCovariance(SgdLandscape l, const double *w, double *C1) {
  const PetscInt P = SgdLandscapeDimension(l);
  double *identity, *g, loss;

  PetscFunctionBegin;
  PetscCall(PetscCalloc2(P * P, &identity, P, &g));
  for (PetscInt i = 0; i < P; i++) identity[i * (P + 1)] = 1;
  PetscCall(SgdLandscapePoint(l, w, P, identity, &loss, g, C1, NULL));
  PetscCall(PetscFree2(identity, g));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathFieldsCreate(SgdPath path, SgdPathFields *fields) {
  const size_t square = (size_t)path->P * (size_t)path->P;
  SgdLandscape l = path->landscape;
  SgdPathFields f;

  PetscFunctionBegin;
  PetscCall(PetscNew(&f));
  f->path = path;
  PetscCall(PetscMalloc2((size_t)path->intervals * square, &f->H, (size_t)path->intervals * square, &f->C1));
  for (int j = 0; j < path->intervals; j++) {
    const double *w = path->w + (size_t)j * (size_t)path->P;
    PetscCall(DenseHessian(l, w, f->H + (size_t)j * square));
    if (SgdLandscapeSamples(l))
      PetscCall(SampleCovariance(l, w, f->C1 + (size_t)j * square));
    else
      PetscCall(FormulaCovariance(l, w, f->C1 + (size_t)j * square));
  }
  *fields = f;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathFieldsDestroy(SgdPathFields *fields) {
  PetscFunctionBegin;
  if (!*fields) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree2((*fields)->H, (*fields)->C1));
  PetscCall(PetscFree(*fields));
  PetscFunctionReturn(PETSC_SUCCESS);
}
