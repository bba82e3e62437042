/* Interpolation of a law's table in places; what its parts share. */
#include "operators/noise/law_tableimpl.h"
#include "cases/base/chebyshev.h"
#include "cases/noise/draw_law.h"
#include <petscblaslapack.h>

void SgdTableTimes(PetscBool transpose, PetscInt rows, PetscInt columns, const double *A, const double *x, double *y) {
  const PetscBLASInt m = (PetscBLASInt)columns, n = (PetscBLASInt)rows, one = 1;
  const double unit = 1, zero = 0;

  BLASgemv_(transpose ? "N" : "T", &m, &n, &unit, A, &m, x, &one, &zero, y, &one); /* Fortran sees A^T */
}

void SgdTableProduct(PetscInt m, PetscInt n, PetscInt k, const double *A, PetscBool transpose, const double *B,
                     double *C) {
  const PetscBLASInt M = (PetscBLASInt)m, N = (PetscBLASInt)n, K = (PetscBLASInt)k;
  const double unit = 1, zero = 0;

  BLASgemm_(transpose ? "T" : "N", "N", &N, &M, &K, &unit, B, transpose ? &K : &N, A, &K, &zero, C, &N);
}

void SgdTableRow(const SgdTableNodes *t, int a, double x, double *row) {
  if (!t->centres[a]) {
    SgdChebyshevRow(t->n[a], t->low[a], t->high[a], x, row);
    return;
  }
  const double cell = (x - t->low[a]) / (t->high[a] - t->low[a]) * t->n[a];
  for (int j = 0; j < t->n[a]; j++) row[j] = 0;
  row[(int)PetscMax(0, PetscMin(t->n[a] - 1, floor(cell)))] = 1;
}

int SgdTableLongest(const SgdTableNodes *t) {
  return PetscMax(t->n[0], PetscMax(t->n[1], t->n[2]));
}

void SgdTableTensor(const SgdTableNodes *t, int first, int last, const double x[], double *row, double *to) {
  int done = 1;

  to[0] = 1;
  for (int a = first; a < last; done *= t->n[a++]) {
    SgdTableRow(t, a, x[a], row);
    for (int j = t->n[a] - 1; j >= 0; j--)
      for (int i = 0; i < done; i++) to[j * done + i] = row[j] * to[i];
  }
}

/* y += the rows of nodes [rows][width] that have a weight, each times it. */
static void Gather(PetscInt rows, PetscInt width, const double *weight, const double *nodes, double *y) {
  const PetscBLASInt n = (PetscBLASInt)width, one = 1;

  for (PetscInt r = 0; r < rows; r++)
    if (weight[r] != 0) BLASaxpy_(&n, &weight[r], nodes + r * width, &one, y, &one);
}

/* value [places][width] at the places x, from nodes [nodes of places][width]: one product of matrices, so that the nodes,
   which are far larger than a cache, are read once for all of the places. On axes whose nodes are the cells a place has one
   of them, and what little has a weight is gathered. */
static PetscErrorCode AtPlaces(SgdLawTable t, int places, const double (*x)[3], int width, const double *nodes,
                               double *value) {
  const PetscBool few = (PetscBool)(t->place.centres[0] || t->place.centres[1] || t->place.centres[2]);
  const PetscCount total = t->place.total;
  double *tensor, *row;

  PetscFunctionBegin;
  PetscCall(PetscMalloc2(places * total, &tensor, SgdTableLongest(&t->place), &row));
  for (int i = 0; i < places; i++) SgdTableTensor(&t->place, 0, t->dim, x[i], row, tensor + i * total);
  if (few) {
    PetscCall(PetscArrayzero(value, places * (PetscCount)width));
    for (int i = 0; i < places; i++) Gather(total, width, tensor + i * total, nodes, value + i * (PetscCount)width);
  } else
    SgdTableProduct(places, width, t->place.total, tensor, PETSC_FALSE, nodes, value);
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
  SgdTableRow(&t->place, 0, x, row);
}

/* The slow axes first, once for the row; then `along`. */
PetscErrorCode SgdLawTableRow(SgdLawTable t, const double x[], int count, const double *nodes, int length,
                              const double *along, double *phi) {
  const PetscBLASInt m = length, n = 2 * count, k = t->place.n[0];
  const double unit = 1, zero = 0;
  const int slow = t->place.total / t->place.n[0];
  double *tensor, *row, *line;

  PetscFunctionBegin;
  PetscCall(
      PetscMalloc3(slow, &tensor, SgdTableLongest(&t->place), &row, 2 * (PetscCount)count * t->place.n[0], &line));
  SgdTableTensor(&t->place, 1, t->dim, x, row, tensor);
  SgdTableTimes(PETSC_TRUE, slow, 2 * (PetscInt)count * t->place.n[0], nodes, tensor, line);
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
