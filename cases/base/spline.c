#include "cases/base/spline.h"

enum { K = SGD_SPLINE_DEGREE, BAND = 2 * SGD_SPLINE_DEGREE + 1 };

SgdSpline SgdSplineOn(PetscInt n, double min, double max) {
  const PetscInt odd = (n - 2) | 1; /* the largest odd number below n */

  return (SgdSpline){n, (int)PetscMin(K, odd < n ? odd : odd - 2), min, max};
}

static double Node(const SgdSpline *s, PetscInt j) {
  return s->min + (s->max - s->min) * (double)j / (double)(s->n - 1);
}

/* Knot i of n + k + 1: the ends k + 1 times, between them all nodes but the (k - 1)/2 next to either end. */
static double Knot(const SgdSpline *s, PetscInt i) {
  if (i <= s->degree) return s->min;
  if (i >= s->n) return s->max;
  return Node(s, i - (s->degree + 1) / 2);
}

/* The m with knot m <= x < knot m + 1, between k and n - 1. */
static PetscInt Span(const SgdSpline *s, double x) {
  const double place = (x - s->min) / (s->max - s->min) * (double)(s->n - 1);
  PetscInt m = PetscMax(s->degree, PetscMin(s->n - 1, (PetscInt)place + (s->degree + 1) / 2));

  while (m > s->degree && x < Knot(s, m)) m--;
  while (m < s->n - 1 && x >= Knot(s, m + 1)) m++;
  return m;
}

/* The degree + 1 B-splines that are not zero on span m, by the recurrence of de Boor and Cox. */
static void Basis(const SgdSpline *s, PetscInt m, int degree, double x, double *b) {
  double left[K + 1], right[K + 1];

  b[0] = 1;
  for (int j = 1; j <= degree; j++) {
    double kept = 0;
    left[j] = x - Knot(s, m + 1 - j);
    right[j] = Knot(s, m + j) - x;
    for (int r = 0; r < j; r++) {
      const double part = b[r] / (right[r + 1] + left[j - r]);
      b[r] = kept + right[r + 1] * part;
      kept = left[j - r] * part;
    }
    b[j] = kept;
  }
}

void SgdSplineRow(const SgdSpline *s, double x, PetscInt *first, double *b, double *db) {
  const PetscInt m = Span(s, x);
  const int k = s->degree;
  double lower[K + 1];

  *first = m - k;
  Basis(s, m, k, x, b);
  if (!db) return;
  Basis(s, m, k - 1, x, lower); /* those of degree k - 1 that begin at m - k + 1 */
  for (int j = 0; j <= k; j++) {
    const PetscInt i = m - k + j;
    db[j] = 0;
    if (j > 0) db[j] += k * lower[j - 1] / (Knot(s, i + k) - Knot(s, i));
    if (j < k) db[j] -= k * lower[j] / (Knot(s, i + k + 1) - Knot(s, i + 1));
  }
}

/* Row i of the matrix of B-splines at the nodes is at A + i BAND, its diagonal in the middle. The matrix is totally
   positive: elimination needs no pivots (de Boor and Pinkus, Numer. Math. 27, 1977). */
static void Eliminate(PetscInt n, PetscInt stride, double *A, double *f) {
  for (PetscInt i = 0; i < n; i++)
    for (PetscInt r = i + 1; r < PetscMin(n, i + K + 1); r++) {
      const double factor = A[r * BAND + K + i - r] / A[i * BAND + K];
      for (PetscInt c = i; factor != 0 && c < PetscMin(n, i + K + 1); c++)
        A[r * BAND + K + c - r] -= factor * A[i * BAND + K + c - i];
      f[r * stride] -= factor * f[i * stride];
    }
  for (PetscInt i = n - 1; i >= 0; i--) {
    for (PetscInt c = i + 1; c < PetscMin(n, i + K + 1); c++) f[i * stride] -= A[i * BAND + K + c - i] * f[c * stride];
    f[i * stride] /= A[i * BAND + K];
  }
}

PetscErrorCode SgdSplineSolve(const SgdSpline *s, PetscInt stride, double *f) {
  double *A;

  PetscFunctionBegin;
  PetscCall(PetscCalloc1(s->n * BAND, &A));
  for (PetscInt i = 0; i < s->n; i++) {
    double b[K + 1];
    PetscInt first;
    SgdSplineRow(s, Node(s, i), &first, b, NULL);
    for (int j = 0; j <= s->degree; j++)
      if (b[j] != 0) A[i * BAND + K + first + j - i] = b[j];
  }
  Eliminate(s->n, stride, A, f);
  PetscCall(PetscFree(A));
  PetscFunctionReturn(PETSC_SUCCESS);
}
