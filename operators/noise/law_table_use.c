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

/* C [m][n] = A [m][k] B [k][n], by rows; or B^T, of B [n][k]. */
static void Product(PetscInt m, PetscInt n, PetscInt k, const double *A, PetscBool transpose, const double *B,
                    double *C) {
  const PetscBLASInt M = (PetscBLASInt)m, N = (PetscBLASInt)n, K = (PetscBLASInt)k;
  const double unit = 1, zero = 0;

  BLASgemm_(transpose ? "T" : "N", "N", &N, &M, &K, &unit, B, transpose ? &K : &N, A, &K, &zero, C, &N);
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

/* Waves in the order of |q_0|, as psi(-q) = conj psi(q): those that share it form a group, and the first axis is done once
   for the group. */
typedef struct {
  double q0;
  int wave;
} Order;

typedef struct {
  int count, groups, slow; /* waves; groups; nodes of all axes but the first */
  Order *order;            /* [count] */
  int *start;              /* [groups + 1] */
  double *first, *others;  /* [groups][nodes of axis 0], [count][slow]: weights of the nodes */
} Groups;

static int Earlier(const void *a, const void *b) {
  const Order *x = a, *y = b;
  if (x->q0 != y->q0) return x->q0 < y->q0 ? -1 : 1;
  return (x->wave > y->wave) - (x->wave < y->wave);
}

static PetscErrorCode OpenGroups(const SgdLawTable t, int count, const double (*q)[3], Groups *g) {
  double *row, x[3];

  PetscFunctionBegin;
  *g = (Groups){.count = count, .slow = t->wave.total / t->wave.n[0]};
  PetscCall(PetscMalloc4(count, &g->order, count + 1, &g->start, (PetscCount)count * t->wave.n[0], &g->first,
                         (PetscCount)count * g->slow, &g->others));
  PetscCall(PetscMalloc1(Longest(&t->wave), &row));
  for (int m = 0; m < count; m++) g->order[m] = (Order){fabs(q[m][0]), m};
  qsort(g->order, (size_t)count, sizeof *g->order, Earlier);
  for (int i = 0; i < count; i++) {
    const double *wave = q[g->order[i].wave], sign = wave[0] < 0 ? -1 : 1;
    for (int a = 0; a < t->dim; a++) x[a] = sign * wave[a];
    Tensor(&t->wave, 1, t->dim, x, row, g->others + (PetscCount)i * g->slow);
    if (i && g->order[i].q0 == g->order[i - 1].q0) continue;
    Row(&t->wave, 0, x[0], g->first + (PetscCount)g->groups * t->wave.n[0]);
    g->start[g->groups++] = i;
  }
  g->start[g->groups] = count;
  PetscCall(PetscFree(row));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define TOGETHER 8 /* places whose waves are computed at once */

/* nodes [places][2 count] of places `first` on; line, value: room for [groups][2 places][slow] and [2 places][count]. */
static void WavesAt(const SgdLawTable t, const Groups *g, const double (*q)[3], int first, int places, double *line,
                    double *value, double *nodes) {
  const int rows = 2 * places;

  Product(g->groups, rows * g->slow, t->wave.n[0], g->first, PETSC_TRUE, t->psi + 2 * (PetscCount)first * t->wave.total,
          line);
  for (int i = 0; i < g->groups; i++) {
    const int start = g->start[i], count = g->start[i + 1] - start;
    Product(rows, count, g->slow, line + (PetscCount)i * rows * g->slow, PETSC_TRUE,
            g->others + (PetscCount)start * g->slow, value);
    for (int m = 0; m < count; m++) {
      const int wave = g->order[start + m].wave;
      const double sign[2] = {1, q[wave][0] < 0 ? -1 : 1};
      for (int r = 0; r < rows; r++)
        nodes[(2 * (PetscCount)first + r) * g->count + wave] = sign[r % 2] * value[r * count + m];
    }
  }
}

PetscErrorCode SgdLawTableWaves(SgdLawTable t, int count, const double (*q)[3], double *nodes) {
  double *line, *value;
  Groups g;

  PetscFunctionBegin;
  PetscCall(OpenGroups(t, count, q, &g));
  PetscCall(
      PetscMalloc2(2 * TOGETHER * (PetscCount)g.groups * g.slow, &line, 2 * TOGETHER * (PetscCount)count, &value));
  for (int first = 0; first < t->place.total; first += TOGETHER)
    WavesAt(t, &g, q, first, PetscMin(TOGETHER, t->place.total - first), line, value, nodes);
  PetscCall(PetscFree2(line, value));
  PetscCall(PetscFree4(g.order, g.start, g.first, g.others));
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
  Product(places, width, t->place.total, tensor, PETSC_FALSE, nodes, value);
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

/* psi [2][nodes of the last axis][nodes of axis 0] of the place that counts: itself, or at q of the middle axis, into
   `plane`. */
static PetscErrorCode Plane(SgdLawTable t, double q, double *plane, const double **psi) {
  const int middle = t->wave.n[1], n = t->wave.n[0];
  double *row;

  PetscFunctionBegin;
  *psi = t->here;
  if (t->dim < 3) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(middle, &row));
  Row(&t->wave, 1, q, row);
  for (int i = 0; i < 2 * t->wave.n[2]; i++)
    Times(PETSC_TRUE, middle, n, t->here + (PetscCount)i * middle * n, row, plane + (PetscCount)i * n);
  PetscCall(PetscFree(row));
  *psi = plane;
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
  for (int l = 0; l < lines; l++) Row(&t->wave, 0, q0[0] + l * across, row + l * first);
  PetscCall(Plane(t, q0[1], plane, &psi));
  Product(lines, ends, first, row, PETSC_TRUE, psi, end);
  Product(2 * lines, n, t->wave.n[last], end, PETSC_TRUE, t->rows, value);
  for (int l = 0; l < lines; l++, phi += n) {
    const double *re = value + 2 * l * n, *im = re + n;
    SgdComplexPowers(t->B, (int)n, value + 2 * l * n, value + (2 * l + 1) * n);
    for (PetscInt j = 0; j < n; j++) phi[j] = CMPLX(re[j], im[j]);
  }
  PetscCall(PetscFree4(row, plane, end, value));
  PetscFunctionReturn(PETSC_SUCCESS);
}
