/* One explicit step of the discrete Fokker-Planck map (THEORY.md (25)) for a line of cells along axis 0, in scatter
   form: the mass m of a cell with gradient g and noise C moves by central differences of L1 and L2, R = C + g g^T,
     to its neighbours at +-e_a:            second_a -+ drift_a,   drift_a  = eta g_a m / (2 h_a),
                                                                   second_a = eta^2 R_aa m / (2 h_a^2),
     to those at s e_a + r e_b (a < b):     s r cross_ab,          cross_ab = eta^2 R_ab m / (4 h_a h_b),
     and 1 - 2 sum_a second_a of it stays: what a cell sends and keeps is its mass, whatever g and C.
   Plain C on arrays, in chunks that stay in the first cache. */
#pragma once

#define SGD_CHUNK 256

/* Fields at the line's first cell, and their factors. Pairs (a, b) as in fields.h. */
typedef struct {
  int dim;
  const double *g[3], *C[6];
  double drift[3]; /* eta/(2 h_a) */
  double noise[6]; /* eta^2/(2 h_a^2) for pairs (a, a), eta^2/(4 h_a h_b) for others */
} SgdExplicitLine;

/* What the cells [first - 1, first + count] of a line send; zero where the line has ended. Entry 1 is cell `first`.
   up_a = second_a - drift_a goes to +e_a, down_a = second_a + drift_a to -e_a. */
typedef struct {
  int count;
  double stay[SGD_CHUNK + 2], up[3][SGD_CHUNK + 2], down[3][SGD_CHUNK + 2], cross[6][SGD_CHUNK + 2];
} SgdSent;

/* m [length]: the line's masses. count <= SGD_CHUNK. */
void SgdExplicitSend(const SgdExplicitLine *line, const double *m, long length, long first, int count, SgdSent *s);
/* to [count], the same cells of the same line: what stays, and what comes along axis 0. */
void SgdExplicitAlong(const SgdSent *s, double *to);
/* above, below [count]: the same cells of the two lines beside it on axis a >= 1. They may be the same line. */
void SgdExplicitBeside(const SgdSent *s, int dim, int axis, double *above, double *below);
/* to [count], the same cells of a line beside it on both axes a and b: sign is the product of the two. */
void SgdExplicitDiagonal(const SgdSent *s, int dim, int a, int b, int sign, double *to);
