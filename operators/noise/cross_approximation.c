#include "operators/noise/cross_approximation.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <string.h>

typedef struct {
  int row, column;
  double size;
} Largest;

static void LookForPivot(const double *a, int row, int columns, Largest *l) {
  double most = 0;

  for (int e = 0; e < columns; e++) most = fmax(most, fabs(a[e]));
  if (most <= l->size) return;
  l->size = most;
  l->row = row;
  for (l->column = 0; fabs(a[l->column]) < most;) l->column++;
}

/* A -= A(:, j) A(i, :)/A(i, j), and where the largest entry is then. */
static Largest Eliminate(int rows, int columns, double *A, Largest pivot) {
  const double *p = A + (long)pivot.row * columns, value = p[pivot.column];
  Largest next = {0, 0, 0};

  for (int i = 0; i < rows; i++) {
    double *restrict a = A + (long)i * columns;
    const double factor = a[pivot.column] / value;
    if (i == pivot.row) continue;
    if (factor != 0)
      for (int e = 0; e < columns; e++) a[e] -= factor * p[e];
    a[pivot.column] = 0; /* not a rounding error */
    LookForPivot(a, i, columns, &next);
  }
  memset(A + (long)pivot.row * columns, 0, (unsigned long)columns * sizeof *A);
  return next;
}

SGD_PER_SET(int, SgdCross,
            (int rows, int columns, double *A, double tolerance, int most, int row[], int column[], double *error),
            (rows, columns, A, tolerance, most, row, column, error))
int SGD_HERE(SgdCross)(int rows, int columns, double *A, double tolerance, int most, int row[], int column[],
                       double *error) {
  Largest pivot = {0, 0, 0};
  int r = 0;

  for (int i = 0; i < rows; i++)
    if (fabs(A[(long)i * columns]) > pivot.size) pivot = (Largest){i, 0, fabs(A[(long)i * columns])};
  for (; r < most && pivot.size > tolerance; r++) {
    row[r] = pivot.row;
    column[r] = pivot.column;
    pivot = Eliminate(rows, columns, A, pivot);
  }
  *error = pivot.size;
  return r;
}
