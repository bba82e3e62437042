#include "cases/data/slice_file.h"
#include "cases/base/chebyshev.h"
#include "cases/base/blas.h"
#include <string.h>

enum { MAX_NODES = 1025 };

/* Within the outermost nodes, which are the box's ends to rounding: so a node is met exactly. */
static double Inside(const SgdSliceFile *s, const double a[], int axis) {
  const double low = SgdChebyshevNode(s->nodes, 0, s->min[axis], s->max[axis]);
  const double high = SgdChebyshevNode(s->nodes, s->nodes - 1, s->min[axis], s->max[axis]);

  return PetscMin(PetscMax(a[axis], low), high);
}

/* b[m] += scale * prod_a row_a[i_a(m)] */
static void AddTensor(const SgdSliceFile *s, const double *const row[], double scale, double *b) {
  const int n = s->nodes;

  for (PetscInt m = 0; m < s->total; m++) {
    double product = scale * row[0][m % n];
    if (s->dim > 1) product *= row[1][m / n % n];
    if (s->dim > 2) product *= row[2][m / n / n];
    b[m] += product;
  }
}

void SgdSliceFileWeights(const SgdSliceFile *s, const double a[], double *b) {
  double rows[3][MAX_NODES];
  const double *row[3] = {rows[0], rows[1], rows[2]};

  for (int k = 0; k < s->dim; k++) SgdChebyshevRow(s->nodes, s->min[k], s->max[k], Inside(s, a, k), rows[k]);
  memset(b, 0, (size_t)s->total * sizeof *b);
  AddTensor(s, row, 1, b);
}

/* v.grad = sum_k v_k d_k */
void SgdSliceFileSlopeWeights(const SgdSliceFile *s, const double a[], const double v[], double *b) {
  double rows[3][MAX_NODES], slopes[3][MAX_NODES];

  for (int k = 0; k < s->dim; k++)
    SgdChebyshevDerivativeRow(s->nodes, s->min[k], s->max[k], Inside(s, a, k), rows[k], slopes[k]);
  memset(b, 0, (size_t)s->total * sizeof *b);
  for (int k = 0; k < s->dim; k++) {
    const double *row[3] = {rows[0], rows[1], rows[2]};
    row[k] = slopes[k];
    AddTensor(s, row, v[k], b);
  }
}

void SgdSliceFileSum(const SgdSliceFile *s, const double *b, PetscInt stride, PetscInt count, const double *f,
                     double *value) {
  if (count < 1) return;
  cblas_dgemv(CblasRowMajor, CblasTrans, (int)s->total, (int)count, 1.0, f, (int)stride, b, 1, 0.0, value, 1);
}

PetscErrorCode SgdSliceFileDestroy(SgdSliceFile *s) {
  PetscFunctionBegin;
  PetscCall(PetscFree(s->loss));
  PetscCall(PetscFree(s->g));
  PetscCall(PetscFree(s->C1));
  PetscCall(PetscFree(s->gi));
  *s = (SgdSliceFile){0};
  PetscFunctionReturn(PETSC_SUCCESS);
}
