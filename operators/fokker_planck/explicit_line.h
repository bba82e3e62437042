/* One explicit step of the discrete Fokker-Planck map (THEORY.md (25)) for a line of cells along axis 0, in scatter
   form: the mass m of a cell with gradient g and noise C moves by central differences of L1 and L2, R = C + g g^T,
     to its neighbours at +-e_a:            second_a -+ drift_a,   drift_a  = eta g_a m / (2 h_a),
                                                                   second_a = eta^2 R_aa m / (2 h_a^2),
     to those at s e_a + r e_b (a < b):     s r cross_ab,          cross_ab = eta^2 R_ab m / (4 h_a h_b),
     and 1 - 2 sum_a second_a of it stays: what a cell sends and keeps is its mass, whatever g and C.
   One pass over the line: what a cell sends stays in registers until its neighbours' is known, so that the fields
   stream from memory while the sums are formed. Plain C on arrays. */
#pragma once

/* Fields at the line's first cell, and their factors. Pairs (a, b) as in fields.h. */
typedef struct {
  int dim;
  const double *g[3], *C[6];
  double drift[3]; /* eta/(2 h_a) */
  double noise[6]; /* eta^2/(2 h_a^2) for pairs (a, a), eta^2/(4 h_a h_b) for others */
} SgdExplicitLine;

/* The lines [n] that a line's masses go to: itself, those beside it on axis a >= 1 (0: below, 1: above), and in three
   dimensions those at a corner of axes 1 and 2. Some may be the same line. */
typedef struct {
  double *along, *beside[3][2], *corner[2][2];
  int fresh; /* in two dimensions: nothing has come to the line above yet, and its values are not set */
} SgdExplicitTargets;

/* What leaves the line before its first (0) and behind its last cell (1): along it, and to the upper line beside it on
   axis a; to the lower one goes the negative. */
typedef struct {
  double along[2], above[2][3];
} SgdExplicitEnds;

/* Add to the targets what the masses m [n] become; what leaves the ends is returned, not added. */
void SgdExplicitScatter(const SgdExplicitLine *line, const double *m, long n, const SgdExplicitTargets *to,
                        SgdExplicitEnds *ends);
/* The backward equation, out [n]: what the cells of the line see. near[j][k] is the first cell of the line at offset
   j - 1 on axis 1 and k - 1 on axis 2, with a further cell before and behind it; those of axes that are not there are
   not read. */
void SgdExplicitGather(const SgdExplicitLine *line, const double *const near[3][3], long n, double *out);
