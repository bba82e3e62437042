/* Products with the full diagonals of a square matrix, y_i = sum_k a_{i, i + offset_k} x_{i + offset_k}: inner loops of
   banded.c. The entries lie in the order in which a product reads them, one stream from memory, and a piece of y stays
   in registers until all diagonals are added. Plain C on arrays. */
#pragma once

#define SGD_DIAGONALS       32 /* at most */
#define SGD_DIAGONALS_CHUNK 32 /* rows */

typedef struct {
  long rows;
  int count;
  long offset[SGD_DIAGONALS]; /* column - row, ascending */
  double *value; /* [chunks][count][SGD_DIAGONALS_CHUNK], zero where the matrix has no such row or column */
} SgdDiagonals;

/* y <- A x. x, y [rows]. */
void SgdDiagonalsMult(const SgdDiagonals *A, const double *x, double *y);
/* y <- A x - y and sum <- sum + c x, in one pass. */
void SgdDiagonalsRecur(const SgdDiagonals *A, const double *x, double *y, double c, double *sum);
