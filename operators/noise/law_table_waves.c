/* Interpolation of a law's table in single waves, at all of its places. */
#include "operators/noise/law_tableimpl.h"

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
  PetscCall(PetscMalloc1(SgdTableLongest(&t->wave), &row));
  for (int m = 0; m < count; m++) g->order[m] = (Order){fabs(q[m][0]), m};
  qsort(g->order, (size_t)count, sizeof *g->order, Earlier);
  for (int i = 0; i < count; i++) {
    const double *wave = q[g->order[i].wave], sign = wave[0] < 0 ? -1 : 1;
    for (int a = 0; a < t->dim; a++) x[a] = sign * wave[a];
    SgdTableTensor(&t->wave, 1, t->dim, x, row, g->others + (PetscCount)i * g->slow);
    if (i && g->order[i].q0 == g->order[i - 1].q0) continue;
    SgdTableRow(&t->wave, 0, x[0], g->first + (PetscCount)g->groups * t->wave.n[0]);
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

  SgdTableProduct(g->groups, rows * g->slow, t->wave.n[0], g->first, PETSC_TRUE,
                  t->psi + 2 * (PetscCount)first * t->wave.total, line);
  for (int i = 0; i < g->groups; i++) {
    const int start = g->start[i], count = g->start[i + 1] - start;
    SgdTableProduct(rows, count, g->slow, line + (PetscCount)i * rows * g->slow, PETSC_TRUE,
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
