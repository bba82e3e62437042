/* Which kernel and which fine grid spread to a stated tolerance at the least cost (THEORY.md (12)).

   Spreading with kernel psi to a grid of R points a cell and dividing by psi's transform makes at mode kappa (radians a
   cell of the density grid, xi = kappa / R radians a fine cell) the relative error
     [psihat(2 pi - xi) + psihat(2 pi + xi)] / psihat(xi),
   and what counts is that error times |phi|, the characteristic function of the step's noise: where the noise resolves
   on the grid, the modes near the Nyquist limit hardly matter, the density grid itself can be spread to (R = 1), and
   with more noise an even coarser one (R < 1). Plain C. */
#pragma once
#include "operators/nufft/es_kernel.h"

#define SGD_ENVELOPE 128 /* envelope[i], i = 0 .. SGD_ENVELOPE: largest |phi| at kappa = pi i / SGD_ENVELOPE */

typedef struct {
  int dim;
  int coarse[3];
  double cells; /* sources */
  double tolerance;
  double envelope[3][SGD_ENVELOPE + 1]; /* over the other axes' modes */
} SgdSpreadingProblem;

typedef struct {
  int width;
  double beta[3];
  int fine[3];
  int modes[3];         /* largest mode that matters on each axis */
  double error;         /* expected, summed over the axes */
  double amplification; /* largest of |phi| psihat(0) / psihat(xi), multiplied over the axes */
} SgdSpreadingChoice;

/* Returns nonzero if no kernel reaches the tolerance; then the best one found is in *choice. */
int SgdSpreadingChoose(const SgdSpreadingProblem *problem, SgdSpreadingChoice *choice);
/* The least even length >= n of the form 2^a 3^b 5^c 7^d, for which FFTW is fast. */
int SgdGoodLength(int n);
/* The like of at most most * n for which it is fastest, by measurement (postprocess/bench/bench_transform_lengths.c). */
int SgdFastLength(int n, double most);
