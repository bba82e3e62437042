/* Interpolation of a law's table along lines of waves, at the place that counts. */
#include "operators/noise/law_tableimpl.h"
#include "cases/noise/draw_law.h"

/* The last axis's rows of a line of waves, kept while lines begin alike. */
static PetscErrorCode LineRows(SgdLawTable t, double start, double step, PetscInt n) {
  const int a = t->dim - 1;

  PetscFunctionBegin;
  if (t->rows && t->line_count == n && t->line[0] == start && t->line[1] == step) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(t->rows));
  PetscCall(PetscMalloc1(n * t->wave.n[a], &t->rows));
  for (PetscInt j = 0; j < n; j++) SgdTableRow(&t->wave, a, start + (double)j * step, t->rows + j * t->wave.n[a]);
  t->line_count = n;
  t->line[0] = start;
  t->line[1] = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* psi [2][nodes of the last axis][nodes of axis 0] of the place that counts: itself, or at q of the middle axis, into
   `plane`. */
static PetscErrorCode Plane(SgdLawTable t, double q, double *plane, const double **psi) {
  const int middle = t->wave.n[1], n = t->wave.n[0];
  double *row;

  PetscFunctionBegin;
  *psi = t->here;
  if (t->dim < 3) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(middle, &row));
  SgdTableRow(&t->wave, 1, q, row);
  for (int i = 0; i < 2 * t->wave.n[2]; i++)
    SgdTableTimes(PETSC_TRUE, middle, n, t->here + (PetscCount)i * middle * n, row, plane + (PetscCount)i * n);
  PetscCall(PetscFree(row));
  *psi = plane;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* value [2 lines][n] from end [2 lines][nodes of the last axis]. The nodes are symmetric about 0; where the waves are, too,
   row n-1-j of the weights is row j from the end, and even and odd parts of `end` are products of half the size each. */
static PetscErrorCode AlongLast(const SgdLawTable t, int rows, PetscInt n, double *end, double *value) {
  const PetscInt K = t->wave.n[t->dim - 1], half = (K + 1) / 2, most = (n + 1) / 2;
  const double middle = t->line[0] + 0.5 * (double)(n - 1) * t->line[1];
  double *weight, *part, *sum;

  PetscFunctionBegin;
  if (fabs(middle) > 1e-12 * t->wave.high[t->dim - 1]) {
    SgdTableProduct(rows, n, K, end, PETSC_TRUE, t->rows, value);
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(PetscMalloc3(most * half, &weight, rows * half, &part, 2 * rows * most, &sum));
  for (int odd = 0; odd < 2; odd++) {
    const double sign = odd ? -1 : 1;
    for (PetscInt j = 0; j < most; j++)
      for (PetscInt i = 0; i < half; i++)
        weight[j * half + i] = 0.5 * (t->rows[j * K + i] + sign * t->rows[j * K + K - 1 - i]);
    for (PetscInt r = 0; r < rows; r++)
      for (PetscInt i = 0; i < half; i++)
        part[r * half + i] = (2 * i + 1 == K ? 0.5 : 1) * (end[r * K + i] + sign * end[r * K + K - 1 - i]);
    SgdTableProduct(rows, most, half, part, PETSC_TRUE, weight, sum + odd * rows * most);
  }
  for (PetscInt r = 0; r < rows; r++)
    for (PetscInt j = 0; j < most; j++) {
      const double even = sum[r * most + j], odd = sum[(rows + r) * most + j];
      value[r * n + n - 1 - j] = even - odd;
      value[r * n + j] = even + odd;
    }
  PetscCall(PetscFree3(weight, part, sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableLines(SgdLawTable t, const double q0[], int lines, double across, const double dq[],
                                PetscInt n, double _Complex phi[]) {
  const int last = t->dim - 1, first = t->wave.n[0], ends = 2 * t->wave.n[last];
  double *row, *plane, *end, *value;
  const double *psi;

  PetscFunctionBegin;
  PetscCall(LineRows(t, q0[last], dq[last], n));
  PetscCall(PetscMalloc4(lines * first, &row, ends * first, &plane, lines * ends, &end, 2 * lines * n, &value));
  for (int l = 0; l < lines; l++) SgdTableRow(&t->wave, 0, q0[0] + l * across, row + l * first);
  PetscCall(Plane(t, q0[1], plane, &psi));
  SgdTableProduct(lines, ends, first, row, PETSC_TRUE, psi, end);
  PetscCall(AlongLast(t, 2 * lines, n, end, value));
  for (int l = 0; l < lines; l++) {
    const double *re = value + 2 * l * n, *im = re + n;
    SgdComplexPowers(t->B, (int)n, value + 2 * l * n, value + (2 * l + 1) * n);
    for (PetscInt j = 0; j < n; j++) phi[l * n + j] = CMPLX(re[j], im[j]);
  }
  PetscCall(PetscFree4(row, plane, end, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}
