#include "operators/linearised/path_advance.h"
#include "cases/base/blas.h"
#include <petscblaslapack.h>

/* LAPACK's divide and conquer, which PETSc's own header leaves out. */
extern void dsyevd_(const char *, const char *, const PetscBLASInt *, double *, const PetscBLASInt *, double *,
                    double *, const PetscBLASInt *, PetscBLASInt *, const PetscBLASInt *, PetscBLASInt *);

/* M <- Q^T M Q, or Q M Q^T for `back`; eigenvectors are the rows of Q */
static void RotateMatrix(int P, const double *Q, PetscBool back, double *M, double *work) {
  const CBLAS_TRANSPOSE first = back ? CblasTrans : CblasNoTrans, second = back ? CblasNoTrans : CblasTrans;

  cblas_dgemm(CblasRowMajor, first, CblasNoTrans, P, P, P, 1.0, Q, P, M, P, 0.0, work, P);
  cblas_dgemm(CblasRowMajor, CblasNoTrans, second, P, P, P, 1.0, work, P, Q, P, 0.0, M, P);
}

/* S = 1 + r + .. + r^(count-1) and r^count by doubling: no cancellation near r = 1 */
static inline void Geometric(int count, double r, double *S, double *power) {
  double sum = 0, p = 1;

  for (int bit = 30; bit >= 0; bit--) {
    sum *= 1 + p;
    p *= p;
    if (count >> bit & 1) {
      sum = 1 + r * sum;
      p *= r;
    }
  }
  *S = sum;
  *power = p;
}

/* Pi_ij <- (a_i a_j)^n Pi_ij + C_ij (1 + a_i a_j + .. + (a_i a_j)^(n-1)) */
static void GrowCovariance(int P, int count, const double *a, const double *C, double *Pi) {
  double S, power;

  for (int i = 0; i < P; i++)
    for (int j = 0; j < P; j++) {
      const size_t at = (size_t)i * (size_t)P + (size_t)j;
      Geometric(count, a[i] * a[j], &S, &power);
      Pi[at] = power * Pi[at] + S * C[at];
    }
}

static PetscErrorCode Diagonalise(int P, double *A, double *a) {
  PetscBLASInt n = P, lwork = -1, liwork = -1, info, *iwork, isize;
  double size, *work;

  PetscFunctionBegin;
  dsyevd_("V", "L", &n, A, &n, a, &size, &lwork, &isize, &liwork, &info);
  lwork = (PetscBLASInt)size;
  liwork = isize;
  PetscCall(PetscMalloc2(lwork, &work, liwork, &iwork));
  dsyevd_("V", "L", &n, A, &n, a, work, &lwork, iwork, &liwork, &info);
  PetscCheck(!info, PETSC_COMM_SELF, PETSC_ERR_LIB, "LAPACK syevd: %d", (int)info);
  PetscCall(PetscFree2(work, iwork));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPathAdvance(int P, int count, const double *A, const double *C, double *Pi) {
  const size_t square = (size_t)P * (size_t)P;
  double *Q, *noise, *work, *a;

  PetscFunctionBegin;
  PetscCall(PetscMalloc4(square, &Q, square, &noise, square, &work, P, &a));
  PetscCall(PetscArraycpy(Q, A, square));
  PetscCall(PetscArraycpy(noise, C, square));
  PetscCall(Diagonalise(P, Q, a)); /* Fortran's columns are the rows here */
  RotateMatrix(P, Q, PETSC_FALSE, Pi, work);
  RotateMatrix(P, Q, PETSC_FALSE, noise, work);
  GrowCovariance(P, count, a, noise, Pi);
  RotateMatrix(P, Q, PETSC_TRUE, Pi, work);
  PetscCall(PetscFree4(Q, noise, work, a));
  PetscFunctionReturn(PETSC_SUCCESS);
}
