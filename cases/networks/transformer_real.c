/* The transformer's passes on real numbers: loss and gradient. */
#include "cases/networks/transformerimpl.h"
#include "cases/base/blas.h"
#include <math.h>

#define Number  double
#define NAME(x) x##Real
#define GEMM(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc)                                                            \
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, a, lda, b, ldb, beta, c, ldc)

static inline double Part(double x) {
  return x;
}
static inline double Exp(double x) {
  return exp(x);
}
static inline double Inverse(double x) {
  return 1 / x;
}
/* a = phi(z), slope = phi'(z) */
static void Activate(SgdActivation kind, int n, const double *z, double *a, double *slope, double *scratch) {
  (void)scratch;
  SgdActivationApply(kind, n, z, a, slope, NULL);
}
#include "cases/networks/transformer_pass.h"
