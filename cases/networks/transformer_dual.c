/* The transformer's passes on dual numbers: the gradient, and in its infinitesimal part the Hessian-vector product. */
#include "cases/networks/transformerimpl.h"
#include "cases/base/blas.h"
#include <math.h>

#define Number  double _Complex
#define NAME(x) x##Dual
static const double _Complex unit = 1, zero = 0;
#define GEMM(ta, tb, m, n, k, a, lda, b, ldb, beta, c, ldc)                                                            \
  cblas_zgemm(CblasRowMajor, ta, tb, m, n, k, &unit, a, lda, b, ldb, (beta) ? &unit : &zero, c, ldc)

static inline double Part(double _Complex x) {
  return creal(x);
}
/* f(a + b t) = f(a) + f'(a) b t */
static inline double _Complex Exp(double _Complex x) {
  const double e = exp(creal(x));
  return CMPLX(e, e * cimag(x));
}
static inline double _Complex Inverse(double _Complex x) {
  const double r = 1 / creal(x);
  return CMPLX(r, -r * r * cimag(x));
}
/* a = phi(z), slope = phi'(z); scratch has room for 4 n doubles */
static void Activate(SgdActivation kind, int n, const double _Complex *z, double _Complex *a, double _Complex *slope,
                     double *scratch) {
  double *real = scratch, *phi = scratch + n, *phi1 = phi + n, *phi2 = phi1 + n;

  for (int i = 0; i < n; i++) real[i] = creal(z[i]);
  SgdActivationApply(kind, n, real, phi, phi1, phi2);
  for (int i = 0; i < n; i++) {
    const double b = cimag(z[i]);
    a[i] = CMPLX(phi[i], phi1[i] * b);
    slope[i] = CMPLX(phi1[i], phi2[i] * b);
  }
}
#include "cases/networks/transformer_pass.h"
