#include "operators/noise/cross_approximation.h"
#include "cases/base/blas.h"
#include "cases/base/instruction_set.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BLOCK 16  /* pivots whose products are taken off the matrix together */
#define TRIED 6   /* rows looked at for the next pivot within a block */
#define CLOSE 0.5 /* of the largest that any other row may hold: good enough */

/* The error is A - U V, the pivots of the block being in U and V. */
typedef struct {
  int rows, columns, taken, pending; /* pivots: all, and those of the block */
  int *row, *column;                 /* [taken] */
  double *A, *U, *V;                 /* [rows][columns], [rows][BLOCK], [BLOCK][columns] */
  double *bound;                     /* [rows]: the largest entry of a row when it was last looked at */
  double *along;                     /* [rows]: a column of the error */
} Cross;

static int Largest(int n, const double *x) {
  double most = 0;
  int at = 0;

  for (int i = 0; i < n; i++) most = fmax(most, fabs(x[i]));
  while (at < n - 1 && fabs(x[at]) < most) at++;
  return at;
}

/* Row i of the error, where the next pivot's row is kept; returns the column of its largest entry. */
static int LookAlong(Cross *c, int i) {
  double *restrict v = c->V + (long)c->pending * c->columns;

  memcpy(v, c->A + (long)i * c->columns, (unsigned long)c->columns * sizeof *v);
  for (int b = 0; b < c->pending; b++) {
    const double *restrict earlier = c->V + (long)b * c->columns, u = c->U[(long)i * BLOCK + b];
    for (int e = 0; u != 0 && e < c->columns; e++) v[e] -= u * earlier[e];
  }
  for (int r = c->taken - c->pending; r < c->taken; r++) v[c->column[r]] = 0; /* not a rounding error */
  const int j = Largest(c->columns, v);
  c->bound[i] = fabs(v[j]);
  return j;
}

/* Column j of the error; returns the row of its largest entry. */
static int LookDown(Cross *c, int j) {
  double v[BLOCK];

  for (int b = 0; b < c->pending; b++) v[b] = c->V[(long)b * c->columns + j];
  for (int i = 0; i < c->rows; i++) {
    double x = c->A[(long)i * c->columns + j];
    for (int b = 0; b < c->pending; b++) x -= c->U[(long)i * BLOCK + b] * v[b];
    c->along[i] = x;
  }
  for (int r = c->taken - c->pending; r < c->taken; r++) c->along[c->row[r]] = 0;
  return Largest(c->rows, c->along);
}

/* A row whose largest entry is not far below that of any other, by what is known of those. */
static int GoodRow(Cross *c) {
  int best = 0;

  for (int k = 0; k < TRIED; k++) {
    const int i = Largest(c->rows, c->bound);
    const double known = c->bound[i];
    LookAlong(c, i);
    if (!k || c->bound[i] > c->bound[best]) best = i;
    if (c->bound[best] >= CLOSE * known) break;
  }
  return best;
}

/* Down the column of the row's largest entry, and along the row of that one's: the largest of both. */
static void Walk(Cross *c, int *i, int *j) {
  for (int k = 0; k < 2; k++) {
    *j = LookAlong(c, *i);
    const int below = LookDown(c, *j);
    if (below == *i) return;
    *i = below;
  }
  *j = LookAlong(c, *i);
  LookDown(c, *j);
}

/* The pivot (i, j), whose row and column have been looked at, joins the block. */
static void Take(Cross *c, int i, int j) {
  const double value = c->along[i];

  for (int k = 0; k < c->rows; k++) c->U[(long)k * BLOCK + c->pending] = c->along[k] / value;
  c->bound[i] = 0;
  c->row[c->taken] = i;
  c->column[c->taken] = j;
  c->taken++;
  c->pending++;
}

/* A -= U V; what remains in the rows and columns of the block is rounding. */
static void Flush(Cross *c) {
  if (c->pending)
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, c->rows, c->columns, c->pending, -1.0, c->U, BLOCK, c->V,
                c->columns, 1.0, c->A, c->columns);
  for (int r = c->taken - c->pending; r < c->taken; r++) {
    memset(c->A + (long)c->row[r] * c->columns, 0, (unsigned long)c->columns * sizeof *c->A);
    for (int i = 0; i < c->rows; i++) c->A[(long)i * c->columns + c->column[r]] = 0;
  }
  c->pending = 0;
  for (int i = 0; i < c->rows; i++) {
    const double *a = c->A + (long)i * c->columns;
    c->bound[i] = fabs(a[Largest(c->columns, a)]);
  }
}

/* The first pivot, in column 0: a block by itself, as nothing is known of the other rows before. */
static void First(Cross *c, double tolerance) {
  const int i = LookDown(c, 0);

  LookAlong(c, i);
  if (fabs(c->along[i]) > tolerance) Take(c, i, 0);
}

/* Pivots of one block, while they are above the tolerance. */
static void Block(Cross *c, double tolerance, int most) {
  while (c->pending < BLOCK && c->taken < most) {
    int i = GoodRow(c), j;
    Walk(c, &i, &j);
    if (!(fabs(c->along[i]) > tolerance)) return;
    Take(c, i, j);
  }
}

SGD_PER_SET(int, SgdCross,
            (int rows, int columns, double *A, double tolerance, int most, int row[], int column[], double *error),
            (rows, columns, A, tolerance, most, row, column, error))
int SGD_HERE(SgdCross)(int rows, int columns, double *A, double tolerance, int most, int row[], int column[],
                       double *error) {
  Cross c = {.rows = rows, .columns = columns, .row = row, .column = column, .A = A};
  double *work = malloc(((unsigned long)rows * (BLOCK + 2) + (unsigned long)columns * (BLOCK + 1)) * sizeof *work);

  *error = INFINITY; /* out of memory: as if nothing helped */
  if (!work) return 0;
  c.U = work;
  c.bound = c.U + (long)rows * BLOCK;
  c.along = c.bound + rows;
  c.V = c.along + rows;
  do {
    if (c.taken)
      Block(&c, tolerance, most);
    else
      First(&c, tolerance);
    Flush(&c);
    *error = c.bound[Largest(rows, c.bound)];
  } while (*error > tolerance && c.taken && c.taken < most);
  free(work);
  return c.taken;
}
