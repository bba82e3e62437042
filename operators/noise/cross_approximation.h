/* Cross approximation with full pivoting (Goreinov, Tyrtyshnikov, Zamarashkin 1997): a matrix of low rank by some of
   its own rows and columns, A ~ A(:, J) A(I, J)^{-1} A(I, :), pivots (I_r, J_r) one after the other where the error is
   largest. Plain C. */
#pragma once

/* A [rows][columns] by rows is overwritten by the error. The first pivot is in column 0; then until the largest error
   is at most `tolerance`, or `most` pivots are taken. Returns how many; row[], column[] [most]; *error the largest
   left. */
int SgdCross(int rows, int columns, double *A, double tolerance, int most, int row[], int column[], double *error);
