/* A law's table, shared by law_table.c (how it is made), law_table_use.c (interpolation in places), law_table_waves.c and
   law_table_lines.c (in waves). */
#pragma once
#include "operators/noise/law_table.h"

/* A tensor of nodes, axis 0 fastest. */
typedef struct {
  int n[3], total;        /* nodes of each axis, 1 beyond dim; their product */
  double low[3], high[3]; /* range of each axis */
  PetscBool centres[3]; /* the nodes are the centres of n equal cells of the range, and nothing lies between them; else
                              Chebyshev's */
} SgdTableNodes;

struct _p_SgdLawTable {
  SgdNoiseLaw law;
  SgdGrid grid;
  const SgdSupport *support;
  SgdCellRange range;
  double tolerance;
  int dim, N, B;
  SgdTableNodes place, wave; /* waves: axis 0 from 0 on, as psi(-q) = conj psi(q) */
  double *psi;               /* [places][2][waves], the same on every rank */
  double *settled, *here;    /* [places settled on][2][waves], and of the one that counts */
  int room;                  /* places that settled has room for */
  double *rows,
      line[2]; /* of the last axis, [line_count][its waves]: the line that begins at line[0], by steps of line[1] */
  PetscInt line_count;
};

/* y = A x or A^T x, A [rows][columns] by rows. */
PETSC_INTERN void SgdTableTimes(PetscBool transpose, PetscInt rows, PetscInt columns, const double *A, const double *x,
                                double *y);
/* C [m][n] = A [m][k] B [k][n], by rows; or B^T, of B [n][k]. */
PETSC_INTERN void SgdTableProduct(PetscInt m, PetscInt n, PetscInt k, const double *A, PetscBool transpose,
                                  const double *B, double *C);
/* Nodes of the longest axis. */
PETSC_INTERN int SgdTableLongest(const SgdTableNodes *nodes);
/* Weights of the nodes of axis a at x. */
PETSC_INTERN void SgdTableRow(const SgdTableNodes *nodes, int a, double x, double *row);
/* Weights of the tensor of axes first .. last - 1 at x; row: room for the longest axis. */
PETSC_INTERN void SgdTableTensor(const SgdTableNodes *nodes, int first, int last, const double x[], double *row,
                                 double *to);
