/* Fewer terms for the same law. The cross approximation phi ~ sum_r u_r(a) phi(q; a_r) takes its places for the largest error
   anywhere; the functions that it spans are not all needed. On the sample, with U the weights, heeded, and V the law at the
   places,
     U = Q T,     T V = X S Y^T,     U V ~ (U T^{-1} X_s) (X_s^T T V),
   the s largest singular values: s fields of weights, and s functions of the wave that are mixtures of those at the places.
   The projection is orthogonal in the weights' own metric, so that it does not magnify what the law is uncertain by. s is
   the least, by steps of a few, whose error on every cell and mode of the sample is as small as asked for. */
#include "operators/noise/law_expansionimpl.h"
#include "cases/base/blas.h"

#define WORTH   24   /* terms; fewer are left as they are */
#define LARGEST 8    /* largest error over its root mean square, a first guess from below */
#define STEP    8    /* terms tried at a time */
#define LESS    0.95 /* of the terms; else as they are */

typedef struct {
  int R, cells, parts;
  double *u, *T, *V, *X; /* [cells][R] heeded; [R][R] upper triangle; [R][parts]; [R][R] */
  double *value;         /* [R] singular values */
  double *P, *N, *error; /* [cells][R] u T^{-1} X; [R][R] X^T T; [cells][parts] heeded error */
} Compress;

static PetscErrorCode Open(const SgdLawSample *x, Compress *c) {
  PetscFunctionBegin;
  *c = (Compress){.R = x->terms, .cells = x->cells, .parts = 2 * x->modes};
  PetscCall(
      PetscMalloc4((PetscCount)c->cells * c->R, &c->u, c->R * c->R, &c->T, c->R * c->parts, &c->V, c->R * c->R, &c->X));
  PetscCall(PetscMalloc4(c->R, &c->value, c->R * c->R, &c->N, (PetscCount)c->cells * c->R, &c->P,
                         (PetscCount)c->cells * c->parts, &c->error));
  for (int i = 0; i < c->cells; i++)
    for (int s = 0; s < c->R; s++) c->u[(PetscCount)i * c->R + s] = x->phi[i * c->parts + x->column[s]];
  SgdLawSolve(x, c->cells, c->u);
  for (int i = 0; i < c->cells; i++) {
    for (int s = 0; s < c->R; s++) c->u[(PetscCount)i * c->R + s] *= x->heed[i];
    for (int e = 0; e < c->parts; e++) c->error[(PetscCount)i * c->parts + e] = -x->heed[i] * x->phi[i * c->parts + e];
  }
  for (int r = 0; r < c->R; r++) PetscCall(PetscArraycpy(c->V + r * c->parts, x->phi + x->row[r] * c->parts, c->parts));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Close(Compress *c) {
  PetscFunctionBegin;
  PetscCall(PetscFree4(c->u, c->T, c->V, c->X));
  PetscCall(PetscFree4(c->value, c->N, c->P, c->error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The triangle of U = Q T. */
static PetscErrorCode Triangle(Compress *c) {
  PetscBLASInt m = c->cells, n = c->R, lwork = 64 * c->R, info;
  double *A, *tau, *work;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((PetscCount)m * n, &A, n, &tau, lwork, &work));
  for (int i = 0; i < c->cells; i++)
    for (int r = 0; r < c->R; r++) A[(PetscCount)r * m + i] = c->u[(PetscCount)i * c->R + r];
  LAPACKgeqrf_(&m, &n, A, &m, tau, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK geqrf: %d", (int)info);
  for (int i = 0; i < c->R; i++)
    for (int j = 0; j < c->R; j++) c->T[i * c->R + j] = i <= j ? A[(PetscCount)j * m + i] : 0;
  PetscCall(PetscFree3(A, tau, work));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* X and the singular values of T V: LAPACK sees its transpose. */
static PetscErrorCode Singular(Compress *c) {
  PetscBLASInt m = c->parts, n = c->R, lwork = -1, one = 1, info;
  double *B, *work, size, none;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((PetscCount)m * n, &B));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, m, n, 1, c->T, n, c->V, m, 0, B, m);
  LAPACKgesvd_("N", "A", &m, &n, B, &m, c->value, &none, &one, c->X, &n, &size, &lwork, &info);
  lwork = (PetscBLASInt)size;
  PetscCall(PetscMalloc1(lwork, &work));
  LAPACKgesvd_("N", "A", &m, &n, B, &m, c->value, &none, &one, c->X, &n, work, &lwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK gesvd: %d", (int)info);
  PetscCall(PetscFree(work));
  PetscCall(PetscFree(B));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* So many terms leave this much by the root mean square, of all cells and modes; where the largest error begins to be tried. */
static int FirstGuess(const Compress *c, double error) {
  double left = 0;
  int s = c->R;

  for (; s > 1; s--) {
    left += PetscSqr(c->value[s - 1]);
    if (left > PetscSqr(error / LARGEST) * c->cells * (double)c->parts) break;
  }
  return s;
}

/* How many terms bring the largest error down to `error`. */
static PetscErrorCode Choose(Compress *c, double error, int *terms) {
  double *Y; /* [R][parts] */
  int from = 0, to = FirstGuess(c, error);

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(c->R * c->parts, &Y));
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, c->R, c->parts, c->R, 1, c->N, c->R, c->V, c->parts, 0, Y,
              c->parts);
  for (double most = PETSC_MAX_REAL; most > error && from < c->R; from = to, to = PetscMin(c->R, to + STEP)) {
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, c->cells, c->parts, to - from, 1, c->P + from, c->R,
                Y + from * c->parts, c->parts, 1, c->error, c->parts);
    most = 0;
    for (PetscCount i = 0; i < (PetscCount)c->cells * c->parts; i++) most = PetscMax(most, fabs(c->error[i]));
    *terms = to;
  }
  PetscCall(PetscFree(Y));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* weight [s][cells] = (T^{-1} X_s)^T weight [R][cells] */
static PetscErrorCode Weights(const SgdLawSample *x, const Compress *c, SgdLawExpansion *e) {
  const int cells = (int)(x->grid->last_cell - x->grid->first_cell), s = e->terms;
  double *weight;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((PetscCount)s * cells, &weight));
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, s, cells, c->R, 1, c->X, c->R, e->weight, cells, 0, weight,
              cells);
  PetscCall(PetscFree(e->weight));
  e->weight = weight;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The errors on the cells of verification, of what the projection makes of their weights u [check][R]. */
static PetscErrorCode Verify(const SgdLawSample *x, const Compress *c, SgdLawExpansion *e) {
  const int first = x->cells - x->check, R = c->R;
  double *u, *mixed, error[2];

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(x->check * R, &u, x->check * R, &mixed));
  for (int i = 0; i < x->check; i++)
    for (int s = 0; s < R; s++) u[i * R + s] = x->phi[(first + i) * c->parts + x->column[s]];
  SgdLawSolve(x, x->check, u);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, x->check, e->terms, R, 1, u, R, c->X, R, 0, mixed, R);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, x->check, R, e->terms, 1, mixed, R, e->mix, R, 0, u, R);
  SgdLawVerify(x, u, error);
  e->error = PetscMax(e->error, error[0]);
  e->elsewhere = PetscMax(e->elsewhere, error[1]);
  PetscCall(PetscFree2(u, mixed));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawCompress(const SgdLawSample *x, double error, SgdLawExpansion *e) {
  Compress c;

  PetscFunctionBegin;
  if (x->terms < WORTH) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Open(x, &c));
  PetscCall(Triangle(&c));
  PetscCall(Singular(&c));
  cblas_dtrsm(CblasRowMajor, CblasRight, CblasUpper, CblasNoTrans, CblasNonUnit, c.cells, c.R, 1, c.T, c.R, c.u, c.R);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, c.cells, c.R, c.R, 1, c.u, c.R, c.X, c.R, 0, c.P, c.R);
  cblas_dgemm(CblasRowMajor, CblasTrans, CblasNoTrans, c.R, c.R, c.R, 1, c.X, c.R, c.T, c.R, 0, c.N, c.R);
  PetscCall(Choose(&c, error, &e->terms));
  if (e->terms < LESS * c.R) {
    PetscCall(PetscMalloc1(e->terms * c.R, &e->mix));
    PetscCall(PetscArraycpy(e->mix, c.N, e->terms * c.R));
    cblas_dtrsm(CblasRowMajor, CblasLeft, CblasUpper, CblasNoTrans, CblasNonUnit, c.R, c.R, 1, c.T, c.R, c.X, c.R);
    PetscCall(Weights(x, &c, e));
    PetscCall(Verify(x, &c, e));
  } else
    e->terms = c.R;
  PetscCall(Close(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
