/* Cross approximation (Goreinov, Tyrtyshnikov, Zamarashkin 1997): a matrix of low rank by some of its own rows and
   columns, A ~ A(:, J) A(I, J)^{-1} A(I, :), pivots (I_r, J_r) one after the other where the error is largest or nearly
   so: blocks of pivots are found from rows and columns of the error alone (rook pivoting), then taken off the whole
   matrix together, whose largest error then decides. Plain C on BLAS. */
#pragma once

/* A [rows][columns] by rows is overwritten by the error. The first pivot is in column 0; then until the largest error
   is at most `tolerance`, or `most` pivots are taken. Returns how many; row[], column[] [most]; *error the largest
   left. */
int SgdCross(int rows, int columns, double *A, double tolerance, int most, int row[], int column[], double *error);
