#include "operators/linearised/path_coupling.h"
#include "cases/base/blas.h"

struct _p_SgdPathCoupling {
  SgdLandscape l;
  PetscInt P, batch;
  int batches, first, last; /* this rank's share of the batches */
  SgdBatchDraw draw;
  double *dH, *product, *sum; /* [last - first][P][P], [P][P], [P][P] */
};

PetscErrorCode SgdPathCouplingCreate(SgdLandscape l, int batches, PetscInt batch, SgdSampling sampling, int seed,
                                     SgdPathCoupling *coupling) {
  const PetscInt P = SgdLandscapeDimension(l);
  const size_t square = (size_t)P * (size_t)P;
  PetscMPIInt rank, size;
  SgdPathCoupling c;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(SgdLandscapeComm(l), &rank));
  PetscCallMPI(MPI_Comm_size(SgdLandscapeComm(l), &size));
  PetscCall(PetscNew(&c));
  *c = (struct _p_SgdPathCoupling){.l = l,
                                   .P = P,
                                   .batch = batch,
                                   .batches = batches,
                                   .first = rank * batches / size,
                                   .last = (rank + 1) * batches / size};
  PetscCall(
      SgdBatchDrawCreate(SgdLandscapeSamples(l), batch,
                         sampling == SGD_WITH_REPLACEMENT ? SGD_DRAW_WITH_REPLACEMENT : SGD_DRAW_WITHOUT_REPLACEMENT,
                         SGD_DRAW_COUPLING, seed, &c->draw));
  PetscCall(PetscMalloc3((size_t)(c->last - c->first) * square, &c->dH, square, &c->product, square, &c->sum));
  *coupling = c;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathCouplingDestroy(SgdPathCoupling *coupling) {
  PetscFunctionBegin;
  if (!*coupling) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdBatchDrawDestroy(&(*coupling)->draw));
  PetscCall(PetscFree3((*coupling)->dH, (*coupling)->product, (*coupling)->sum));
  PetscCall(PetscFree(*coupling));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathCouplingMove(SgdPathCoupling c, int interval, const double *w, const double *H) {
  const size_t P = (size_t)c->P;
  double *e;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(P, &e));
  for (int b = c->first; b < c->last; b++) {
    const PetscInt *index = SgdBatchDrawNext(c->draw, b, interval);
    double *dH = c->dH + (size_t)(b - c->first) * P * P;
    for (size_t i = 0; i < P; i++) {
      e[i] = 1;
      PetscCall(SgdLandscapeBatchHessianApply(c->l, w, c->batch, index, e, dH + i * P));
      e[i] = 0;
    }
    for (size_t i = 0; i < P * P; i++) dH[i] -= H[i];
  }
  PetscCall(PetscFree(e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathCouplingAdd(SgdPathCoupling c, double scale, const double *Pi, double *S) {
  const int P = (int)c->P;
  const size_t square = (size_t)P * (size_t)P;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(c->sum, square));
  for (int b = c->first; b < c->last; b++) {
    const double *dH = c->dH + (size_t)(b - c->first) * square;
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, P, P, 1.0, dH, P, Pi, P, 0.0, c->product, P);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, P, P, 1.0 / c->batches, c->product, P, dH, P, 1.0, c->sum,
                P);
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, c->sum, (PetscMPIInt)square, MPI_DOUBLE, MPI_SUM, SgdLandscapeComm(c->l)));
  cblas_daxpy((int)square, scale, c->sum, 1, S, 1);
  PetscFunctionReturn(PETSC_SUCCESS);
}
