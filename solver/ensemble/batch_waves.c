#include "solver/ensemble/batch_waves.h"
#include "cases/noise/batch_law.h"
#include <fftw3.h>

SgdBatchWaves SgdBatchWavesOf(SgdGrid grid) {
  const int n = (int)grid->n[0], pad = (n + 1) / 2, cells = n + 2 * pad + n % 2;

  return (SgdBatchWaves){
      .cells = cells, .modes = cells / 2 + 1, .pad = pad, .min = grid->min[0] - pad * grid->h[0], .h = grid->h[0]};
}

#define SHORTEST 0.062 /* |phi| that is let pass at the shortest waves: that of a Gaussian of 0.75 cells */

/* The variance of the Gaussian that brings the shortest tenth of the waves down to SHORTEST. */
static double Wider(const SgdBatchWaves *w, const double _Complex *phi) {
  const double k = SgdBatchWavesWave(w, w->modes - 1);
  double most = 0;

  for (int m = 9 * w->modes / 10; m < w->modes; m++) most = PetscMax(most, cabs(phi[m]));
  return most > SHORTEST ? 2 * log(most / SHORTEST) / (k * k) : 0;
}

/* a' - m = -eta (1/B) sum c_i, so phi(k) is the batch law's at q = -eta k. */
PetscErrorCode SgdBatchWavesLaw(const SgdBatchWaves *w, double eta, int batch, SgdDrawLaw law, int N, double *q,
                                double _Complex *phi, double *wider) {
  const double first = 0, step = -eta * SgdBatchWavesWave(w, 1);
  double mean = 0;

  PetscFunctionBegin;
  for (int i = 0; i < N; i++) mean += q[i] / N;
  for (int i = 0; i < N; i++) q[i] -= mean;
  if (law == SGD_DRAW_WITH_REPLACEMENT)
    SgdBatchLawWithReplacement(N, 1, q, batch, &first, &step, w->modes, phi);
  else
    PetscCheck(!SgdBatchLawWithoutReplacement(N, 1, q, batch, &first, &step, w->modes, phi), PETSC_COMM_SELF,
               PETSC_ERR_MEM, "Out of memory");
  *wider = Wider(w, phi);
  PetscFunctionReturn(PETSC_SUCCESS);
}

void SgdBatchWavesAdd(const SgdBatchWaves *w, double weight, const double _Complex *phi, double centre, double variance,
                      double _Complex *sum) {
  for (int m = 0; m < w->modes; m++) {
    const double k = SgdBatchWavesWave(w, m);
    sum[m] += weight * phi[m] * cexp(-I * (k * centre)) * exp(-0.5 * k * k * variance);
  }
}

/* (1/cells) sum over all waves of sum(k) exp(i k x), times sinc(k h/2), which makes the mean over a cell of the wave. */
PetscErrorCode SgdBatchWavesInvert(const SgdBatchWaves *w, const double _Complex *sum, double *mass) {
  const double first = w->min + 0.5 * w->h;
  fftw_complex *x;
  fftw_plan plan;

  PetscFunctionBegin;
  x = fftw_alloc_complex((size_t)w->modes);
  plan = x ? fftw_plan_dft_c2r_1d(w->cells, x, mass, FFTW_ESTIMATE) : NULL;
  PetscCheck(plan, PETSC_COMM_SELF, PETSC_ERR_MEM, "Out of memory");
  for (int m = 0; m < w->modes; m++) {
    const double k = SgdBatchWavesWave(w, m), half = 0.5 * k * w->h;
    x[m] = sum[m] * cexp(I * (k * first)) * (m ? sin(half) / half : 1.0) / w->cells;
  }
  fftw_execute(plan);
  fftw_destroy_plan(plan);
  fftw_free(x);
  PetscFunctionReturn(PETSC_SUCCESS);
}
