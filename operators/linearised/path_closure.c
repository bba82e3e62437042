#include "operators/linearised/path_closure.h"
#include "operators/linearised/path_advance.h"
#include "operators/linearised/path_coupling.h"
#include "cases/base/blas.h"

typedef struct {
  const SgdPathClosureOptions *o;
  SgdPathFields f;
  SgdPathCoupling coupling; /* NULL: without */
  double *Pi, *A, *C;       /* [P][P]: A = I - eta H, C = eta^2 times the batch covariance */
  double *S, *product;      /* [P][P]: C with the coupling term, A Pi */
} Recursion;

/* A and C of the group of `coarsen` intervals that interval j belongs to: the mean over the group. */
static void EnterStep(Recursion *r, int j, double factor) {
  const SgdPath p = r->f->path;
  const size_t P = (size_t)p->P, square = P * P;
  const int first = j - j % r->o->coarsen, last = PetscMin(first + r->o->coarsen, p->intervals);

  for (size_t i = 0; i < square; i++) {
    double H = 0, C = 0;
    for (int k = first; k < last; k++) {
      H += r->f->H[(size_t)k * square + i] / (last - first);
      C += r->f->C1[(size_t)k * square + i] / (last - first);
    }
    r->A[i] = (i % (P + 1) == 0) - p->eta * H;
    r->C[i] = p->eta * p->eta * factor * C;
  }
}

/* Pi' = A Pi A + C [ + eta^2 E(dH Pi dH) ]; A is symmetric */
static PetscErrorCode StepRecursion(Recursion *r) {
  const SgdPath p = r->f->path;
  const int P = (int)p->P;
  const size_t square = (size_t)P * (size_t)P;
  double *next = r->product;

  PetscFunctionBegin;
  if (r->coupling) PetscCall(PetscArraycpy(r->S, r->C, square));
  if (r->coupling) PetscCall(SgdPathCouplingAdd(r->coupling, p->eta * p->eta, r->Pi, r->S));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, P, P, 1.0, r->A, P, r->Pi, P, 0.0, next, P);
  PetscCall(PetscArraycpy(r->Pi, r->coupling ? r->S : r->C, square));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, P, P, P, 1.0, next, P, r->A, P, 1.0, r->Pi, P);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* variance_m = v_m^T Pi v_m */
static PetscErrorCode ProjectVariance(int P, const double *Pi, int M, const double *V, double *variance) {
  double *y;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(P, &y));
  for (int m = 0; m < M; m++) {
    const double *v = V + (size_t)m * (size_t)P;
    cblas_dsymv(CblasRowMajor, CblasLower, P, 1.0, Pi, P, v, 1, 0.0, y, 1);
    variance[m] = cblas_ddot(P, v, 1, y, 1);
  }
  PetscCall(PetscFree(y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is wanted: the variances of M modes after some of the steps. */
typedef struct {
  int records, M;
  const int *step;
  const double *V;
  double *variance;
} Records;

/* `count` steps within an interval. */
static PetscErrorCode AdvanceRecursion(Recursion *r, int count) {
  PetscFunctionBegin;
  if (!r->o->stepwise && !r->coupling) {
    PetscCall(SgdPathAdvance((int)r->f->path->P, count, r->A, r->C, r->Pi));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  for (int n = 0; n < count; n++) PetscCall(StepRecursion(r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(Recursion *r, const Records *wanted) {
  const SgdPath p = r->f->path;
  const double factor = SgdLandscapeBatchFactor(p->landscape, r->o->batch, r->o->sampling);
  const size_t square = (size_t)p->P * (size_t)p->P;
  int done = 0;

  PetscFunctionBegin;
  PetscCall(PetscArrayzero(r->Pi, square));
  for (int j = 0; j < p->intervals && done < wanted->records; j++) {
    EnterStep(r, j, factor);
    if (r->coupling)
      PetscCall(SgdPathCouplingMove(r->coupling, j, p->w + (size_t)j * (size_t)p->P, r->f->H + (size_t)j * square));
    for (int n = SgdPathFirst(p, j); n < SgdPathFirst(p, j + 1) && done < wanted->records;) {
      const int next = PetscMin(SgdPathFirst(p, j + 1), wanted->step[done]);
      PetscCall(AdvanceRecursion(r, next - n));
      n = next;
      if (n == wanted->step[done])
        PetscCall(ProjectVariance((int)p->P, r->Pi, wanted->M, wanted->V, wanted->variance + wanted->M * done++));
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathClosure(SgdPathFields fields, const SgdPathClosureOptions *o, int records, const int *step, int M,
                              const double *V, double *variance, double *Pi) {
  const SgdPath p = fields->path;
  const size_t square = (size_t)p->P * (size_t)p->P;
  const Records wanted = {records, M, step, V, variance};
  Recursion r = {.o = o, .f = fields};

  PetscFunctionBegin;
  PetscCall(PetscMalloc5(square, &r.Pi, square, &r.A, square, &r.C, square, &r.S, square, &r.product));
  if (o->coupling_batches && SgdLandscapeSamples(p->landscape))
    PetscCall(SgdPathCouplingCreate(p->landscape, o->coupling_batches, o->batch, o->sampling, o->seed, &r.coupling));
  PetscCall(Run(&r, &wanted));
  if (Pi) PetscCall(PetscArraycpy(Pi, r.Pi, square));
  PetscCall(SgdPathCouplingDestroy(&r.coupling));
  PetscCall(PetscFree5(r.Pi, r.A, r.C, r.S, r.product));
  PetscFunctionReturn(PETSC_SUCCESS);
}
