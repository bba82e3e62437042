#include "cases/data/tabulated.h"
#include "cases/base/chebyshev.h"

/* The nodes of one axis that count at a place, and their weights. */
typedef struct {
  PetscInt first, count;
  double b[SGD_TABULATED_CHEBYSHEV];
} Row;

static void MakeRow(const SgdTabulated *t, int axis, double x, PetscBool slope, Row *row) {
  double other[SGD_TABULATED_CHEBYSHEV];

  x = PetscMax(t->min[axis], PetscMin(t->max[axis], x));
  row->first = 0;
  row->count = t->n[axis];
  if (t->uniform[axis]) {
    const SgdSpline s = SgdSplineOn(t->n[axis], t->min[axis], t->max[axis]);
    row->count = s.degree + 1;
    SgdSplineRow(&s, x, &row->first, slope ? other : row->b, slope ? row->b : NULL);
  } else if (slope)
    SgdChebyshevDerivativeRow(t->n[axis], t->min[axis], t->max[axis], x, other, row->b);
  else
    SgdChebyshevRow(t->n[axis], t->min[axis], t->max[axis], x, row->b);
}

void SgdTabulatedValue(const SgdTabulated *t, const double a[], int slope, PetscInt width, const double *f,
                       double *value) {
  Row row[3] = {[1] = {.count = 1, .b = {1}}, [2] = {.count = 1, .b = {1}}};
  const PetscInt n2 = t->dim > 1 ? t->n[1] : 1, n3 = t->dim > 2 ? t->n[2] : 1;

  for (int k = 0; k < t->dim; k++) MakeRow(t, k, a[k], (PetscBool)(k == slope), &row[k]);
  for (PetscInt c = 0; c < width; c++) value[c] = 0;
  for (PetscInt i = 0; i < row[0].count; i++)
    for (PetscInt j = 0; j < row[1].count; j++)
      for (PetscInt k = 0; k < row[2].count; k++) {
        const PetscInt node = ((row[0].first + i) * n2 + row[1].first + j) * n3 + row[2].first + k;
        const double weight = row[0].b[i] * row[1].b[j] * row[2].b[k];
        for (PetscInt c = 0; c < width; c++) value[c] += weight * f[node * width + c];
      }
}

/* Distance of neighbours along an axis, in nodes. */
static PetscInt Stride(const SgdTabulated *t, int axis) {
  PetscInt stride = 1;

  for (int k = axis + 1; k < t->dim; k++) stride *= t->n[k];
  return stride;
}

/* Is node m the first of its line along an axis? */
static PetscBool LineStarts(const SgdTabulated *t, int axis, PetscInt m) {
  return (PetscBool)(m / Stride(t, axis) % t->n[axis] == 0);
}

PetscErrorCode SgdTabulatedPrepare(const SgdTabulated *t, PetscInt width, double *f) {
  PetscFunctionBegin;
  for (int axis = 0; axis < t->dim; axis++) {
    const SgdSpline s = SgdSplineOn(t->n[axis], t->min[axis], t->max[axis]);
    if (!t->uniform[axis]) continue;
    for (PetscInt m = 0; m < t->total; m++)
      for (PetscInt c = 0; LineStarts(t, axis, m) && c < width; c++)
        PetscCall(SgdSplineSolve(&s, Stride(t, axis) * width, f + m * width + c));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdTabulatedNode(const SgdTabulated *t, PetscInt m, double a[]) {
  for (int k = t->dim - 1; k >= 0; k--) {
    const PetscInt j = m % t->n[k];
    m /= t->n[k];
    a[k] = t->uniform[k] ? t->min[k] + (t->max[k] - t->min[k]) * (double)j / (double)(t->n[k] - 1)
                         : SgdChebyshevNode(t->n[k], j, t->min[k], t->max[k]);
  }
}

/* Every `step`-th node of a line f [n], at distance `stride`, by a spline of its own: its largest error at the others. */
static PetscErrorCode LeftOut(PetscInt n, PetscInt step, PetscInt stride, const double *f, double *error) {
  const PetscInt m = (n - 1) / step + 1;
  const SgdSpline s = SgdSplineOn(m, 0, (double)((m - 1) * step));
  double *c, b[SGD_SPLINE_DEGREE + 1];

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(m, &c));
  for (PetscInt i = 0; i < m; i++) c[i] = f[i * step * stride];
  PetscCall(SgdSplineSolve(&s, 1, c));
  *error = 0;
  for (PetscInt i = 0; i <= (m - 1) * step; i++) {
    PetscInt first;
    double value = 0;
    SgdSplineRow(&s, (double)i, &first, b, NULL);
    for (int j = 0; j <= s.degree; j++) value += b[j] * c[first + j];
    *error = PetscMax(*error, PetscAbsReal(value - f[i * stride]));
  }
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Half and quarter of the nodes say how fast the error falls; it is not taken to fall faster than the spline's order. */
static PetscErrorCode UniformError(PetscInt n, PetscInt stride, const double *f, double *error) {
  double half = 0, quarter = 0;

  PetscFunctionBegin;
  PetscCall(LeftOut(n, 2, stride, f, &half));
  *error = half;
  if (n < 17 || half == 0) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(LeftOut(n, 4, stride, f, &quarter));
  *error = half * PetscMin(1, PetscMax(half / quarter, 1.0 / (1 << (SGD_SPLINE_DEGREE + 1))));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Magnitude of the Chebyshev coefficient m, (2/n') sum'' f_j cos(pi j m/n'), n' = n - 1. */
static double Coefficient(PetscInt n, PetscInt m, PetscInt stride, const double *f) {
  double sum = 0;

  for (PetscInt j = 0; j < n; j++)
    sum += (j == 0 || j == n - 1 ? 0.5 : 1) * f[j * stride] *
           cos(PETSC_PI * (double)(j * m % (2 * (n - 1))) / (double)(n - 1));
  return PetscAbsReal(sum) * (m == n - 1 ? 1.0 : 2.0) / (double)(n - 1);
}

/* Even and odd ones may fall apart: the larger of the last two, and by how much it fell from the two before them. */
static double ChebyshevError(PetscInt n, PetscInt stride, const double *f) {
  const double last = PetscMax(Coefficient(n, n - 1, stride, f), Coefficient(n, n - 2, stride, f));
  const double before = PetscMax(Coefficient(n, n - 3, stride, f), Coefficient(n, n - 4, stride, f));

  return last * (before > last ? last / before : 1);
}

PetscErrorCode SgdTabulatedError(const SgdTabulated *t, PetscInt width, const double *f, double *error) {
  double largest = 0, worst = 0, one = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < t->total * width; i++) largest = PetscMax(largest, PetscAbsReal(f[i]));
  for (int axis = 0; axis < t->dim; axis++)
    for (PetscInt m = 0; m < t->total; m++)
      for (PetscInt c = 0; LineStarts(t, axis, m) && c < width; c++) {
        const double *line = f + m * width + c;
        if (t->uniform[axis])
          PetscCall(UniformError(t->n[axis], Stride(t, axis) * width, line, &one));
        else
          one = ChebyshevError(t->n[axis], Stride(t, axis) * width, line);
        worst = PetscMax(worst, one);
      }
  *error = largest > 0 ? worst / largest : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}
