/* The exact law of a member's last minibatch on a slice of one axis, by its characteristic function (THEORY.md (16), (17)):

     phi_j(k) = E exp(-i k (a' - m_j)),   m_j = a_j - eta g_j the mean after the step,

   on the waves k_m = 2 pi m/L of an axis of L, twice the box and on its cells. The density of many members is the inverse
   transform of the mean of phi_j(k) exp(-i k m_j). */
#pragma once
#include "cases/landscapes/landscape_draw.h"
#include "meshes/grid.h"
#include <complex.h>

typedef struct {
  int cells, modes; /* of the padded axis, an even number; waves 0 .. cells/2 */
  int pad;          /* cells of it below the grid's */
  double min, h;    /* its lower end, and the width of a cell */
} SgdBatchWaves;

/* The padded axis of a grid of one dimension. */
PETSC_INTERN SgdBatchWaves SgdBatchWavesOf(SgdGrid grid);
static inline double SgdBatchWavesWave(const SgdBatchWaves *w, int m) {
  return 2 * PETSC_PI * m / (w->cells * w->h);
}
/* phi [modes] from the projected gradients q [N] of all samples at a member; they are centred in place. Returns the variance
   that the cells ask for besides: where a law has waves as short as a cell (one draw of N samples has all), they would be
   aliases of longer ones. Not collective. */
PETSC_INTERN PetscErrorCode SgdBatchWavesLaw(const SgdBatchWaves *w, double eta, int batch, SgdDrawLaw law, int N,
                                             double *q, double _Complex *phi, double *wider);
/* sum [modes] += weight phi(k) exp(-i k centre - k^2 variance/2) */
PETSC_INTERN void SgdBatchWavesAdd(const SgdBatchWaves *w, double weight, const double _Complex *phi, double centre,
                                   double variance, double _Complex *sum);
/* mass [cells] of the padded axis: of each cell the integral of the density whose waves are sum [modes]. */
PETSC_INTERN PetscErrorCode SgdBatchWavesInvert(const SgdBatchWaves *w, const double _Complex *sum, double *mass);
