/* Interpolation of a law's table in places and waves. */
#include "operators/noise/law_tableimpl.h"
#include "cases/base/chebyshev.h"
#include "cases/noise/draw_law.h"
#include <petscblaslapack.h>

/* y = A x or A^T x, A [rows][columns] by rows. */
static void Times(PetscBool transpose, PetscInt rows, PetscInt columns, const double *A, const double *x, double *y) {
  const PetscBLASInt m = (PetscBLASInt)columns, n = (PetscBLASInt)rows, one = 1;
  const double unit = 1, zero = 0;

  BLASgemv_(transpose ? "N" : "T", &m, &n, &unit, A, &m, x, &one, &zero, y, &one); /* Fortran sees A^T */
}

/* C [m][n] = A [m][k] B [k][n], by rows. */
static void Product(PetscInt m, PetscInt n, PetscInt k, const double *A, const double *B, double *C) {
  const PetscBLASInt M = (PetscBLASInt)m, N = (PetscBLASInt)n, K = (PetscBLASInt)k;
  const double unit = 1, zero = 0;

  BLASgemm_("N", "N", &N, &M, &K, &unit, B, &N, A, &K, &zero, C, &N);
}

/* Weights of the nodes of axis a at x. */
static void Row(const SgdTableNodes *t, int a, double x, double *row) {
  if (!t->centres[a]) {
    SgdChebyshevRow(t->n[a], t->low[a], t->high[a], x, row);
    return;
  }
  const double cell = (x - t->low[a]) / (t->high[a] - t->low[a]) * t->n[a];
  for (int j = 0; j < t->n[a]; j++) row[j] = 0;
  row[(int)PetscMax(0, PetscMin(t->n[a] - 1, floor(cell)))] = 1;
}

static int Longest(const SgdTableNodes *t) {
  return PetscMax(t->n[0], PetscMax(t->n[1], t->n[2]));
}

/* Weights of the tensor of axes first .. last - 1 at x; row: room for the largest n. */
static void Tensor(const SgdTableNodes *t, int first, int last, const double x[], double *row, double *to) {
  int done = 1;

  to[0] = 1;
  for (int a = first; a < last; done *= t->n[a++]) {
    Row(t, a, x[a], row);
    for (int j = t->n[a] - 1; j >= 0; j--)
      for (int i = 0; i < done; i++) to[j * done + i] = row[j] * to[i];
  }
}

PetscErrorCode SgdLawTableWaves(SgdLawTable t, int count, const double (*q)[3], double *nodes) {
  double *W, *one, *row, x[3];

  PetscFunctionBegin;
  PetscCall(PetscMalloc3((PetscCount)t->wave.total * count, &W, t->wave.total, &one, Longest(&t->wave), &row));
  for (int m = 0; m < count; m++) {
    const double sign = q[m][0] < 0 ? -1 : 1;
    for (int a = 0; a < t->dim; a++) x[a] = sign * q[m][a];
    Tensor(&t->wave, 0, t->dim, x, row, one);
    for (int k = 0; k < t->wave.total; k++) W[(PetscCount)k * count + m] = one[k];
  }
  Product(2 * t->place.total, count, t->wave.total, t->psi, W, nodes);
  for (int m = 0; m < count; m++) /* psi(-q) = conj psi(q) */
    for (int p = 0; q[m][0] < 0 && p < t->place.total; p++) nodes[(2 * (PetscCount)p + 1) * count + m] *= -1;
  PetscCall(PetscFree3(W, one, row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* value [places][width] at the places x, from nodes [nodes of places][width]: one product of matrices, so that the nodes,
   which are far larger than a cache, are read once for all of the places. */
static PetscErrorCode AtPlaces(SgdLawTable t, int places, const double (*x)[3], int width, const double *nodes,
                               double *value) {
  const PetscCount total = t->place.total;
  double *tensor, *row;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(places * total, &tensor, Longest(&t->place), &row));
  for (int i = 0; i < places; i++) Tensor(&t->place, 0, t->dim, x[i], row, tensor + i * total);
  Product(places, width, t->place.total, tensor, nodes, value);
  PetscCall(PetscFree2(tensor, row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableAt(SgdLawTable t, int places, const double (*x)[3], int count, const double *nodes,
                             double *phi) {
  PetscFunctionBegin;
  PetscCall(AtPlaces(t, places, x, 2 * count, nodes, phi));
  for (int i = 0; i < places; i++, phi += 2 * (PetscCount)count) SgdComplexPowers(t->B, count, phi, phi + count);
  PetscFunctionReturn(PETSC_SUCCESS);
}

int SgdLawTableAlong(SgdLawTable t) {
  return t->place.n[0];
}

void SgdLawTableAlongAt(SgdLawTable t, double x, double *row) {
  Row(&t->place, 0, x, row);
}

/* The slow axes first, once for the row; then `along`. */
PetscErrorCode SgdLawTableRow(SgdLawTable t, const double x[], int count, const double *nodes, int length,
                              const double *along, double *phi) {
  const PetscBLASInt m = length, n = 2 * count, k = t->place.n[0];
  const double unit = 1, zero = 0;
  const int slow = t->place.total / t->place.n[0];
  double *tensor, *row, *line;

  PetscFunctionBegin;
  PetscCall(PetscMalloc3(slow, &tensor, Longest(&t->place), &row, 2 * (PetscCount)count * t->place.n[0], &line));
  Tensor(&t->place, 1, t->dim, x, row, tensor);
  Times(PETSC_TRUE, slow, 2 * (PetscInt)count * t->place.n[0], nodes, tensor, line);
  BLASgemm_("T", "T", &m, &n, &k, &unit, along, &k, line, &n, &zero, phi, &m);
  SgdComplexPowers(t->B, count * length, phi, phi + (PetscCount)count * length);
  PetscCall(PetscFree3(tensor, row, line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableSettle(SgdLawTable t, int places, const double (*x)[3]) {
  const int width = 2 * t->wave.total;

  PetscFunctionBegin;
  if (t->room < places) {
    PetscCall(PetscFree(t->settled));
    PetscCall(PetscMalloc1(places * (PetscCount)width, &t->settled));
    t->room = places;
  }
  PetscCall(AtPlaces(t, places, x, width, t->psi, t->settled));
  SgdLawTableTurn(t, 0);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdLawTableTurn(SgdLawTable t, int place) {
  t->here = t->settled + 2 * (PetscCount)t->wave.total * place;
}

/* The last axis's rows of a line of waves, kept while lines begin alike. */
static PetscErrorCode LineRows(SgdLawTable t, double start, double step, PetscInt n) {
  const int a = t->dim - 1;

  PetscFunctionBegin;
  if (t->rows && t->line_count == n && t->line[0] == start && t->line[1] == step) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscFree(t->rows));
  PetscCall(PetscMalloc1(n * t->wave.n[a], &t->rows));
  for (PetscInt j = 0; j < n; j++) Row(&t->wave, a, start + (double)j * step, t->rows + j * t->wave.n[a]);
  t->line_count = n;
  t->line[0] = start;
  t->line[1] = step;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdLawTableLine(SgdLawTable t, const double q0[], const double dq[], PetscInt n, double _Complex phi[]) {
  const int last = t->dim - 1, fast = t->wave.total / t->wave.n[last];
  double *tensor, *row, *line, *value;

  PetscFunctionBegin;
  PetscCall(LineRows(t, q0[last], dq[last], n));
  PetscCall(PetscMalloc4(fast, &tensor, Longest(&t->wave), &row, 2 * t->wave.n[last], &line, 2 * n, &value));
  Tensor(&t->wave, 0, last, q0, row, tensor);
  Times(PETSC_FALSE, 2 * t->wave.n[last], fast, t->here, tensor, line);
  Times(PETSC_FALSE, n, t->wave.n[last], t->rows, line, value);
  Times(PETSC_FALSE, n, t->wave.n[last], t->rows, line + t->wave.n[last], value + n);
  SgdComplexPowers(t->B, (int)n, value, value + n);
  for (PetscInt j = 0; j < n; j++) phi[j] = CMPLX(value[j], value[n + j]);
  PetscCall(PetscFree4(tensor, row, line, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}
