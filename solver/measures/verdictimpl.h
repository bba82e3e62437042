/* From where on each part of the verdict is marginal, and poor. Inside solver/measures/verdict*.c only. */
#pragma once
#include "solver/measures/verdict.h"

/* A step's noise in cells: a Gaussian of 2 cells is carried to 1e-8, of 1.2 cells to 1e-3 (THEORY.md (20)). */
#define NOISE_OK   2.0
#define NOISE_POOR 1.2

/* The upper third of the wave numbers of that same Gaussian of s cells holds the L2 share sqrt(erfc(2 pi s/3)): 5.5e-5
   at 2 cells, 2.0e-2 at 1.2 cells. So a density's own tail is judged as the noise is. */
#define TAIL_OK   1e-4
#define TAIL_POOR 2e-2

/* No density is closer than the negative mass in L1: the errors called small and large here. */
#define NEGATIVE_OK   1e-6
#define NEGATIVE_POOR 1e-3

/* At the edge of the band the expansion's factor is wrong by its own size, so the share beyond is an error of the same
   size: one per cent goes unseen beside the expansion's own error (0.067 in L1 on the rough landscape),
   ten per cent exceeds it. */
#define BAND_OK   1e-2
#define BAND_POOR 1e-1

/* Upwinding widens a density by at most this share: one part in a hundred is an error of a hundredth in the covariance.
 */
#define ADDED_OK   1e-2
#define ADDED_POOR 1e-1

/* An error of the density, as negative mass is. */
#define ALIASING_OK   1e-6
#define ALIASING_POOR 1e-3

/* One step's error in units of that step's noise is, in the long run, the error of the covariance relative to itself. */
#define STEP_OK   1e-2
#define STEP_POOR 1e-1
