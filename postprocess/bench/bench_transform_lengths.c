/* How fast FFTW transforms rows of real numbers and tiles of eight columns, the two transforms of a step by spreading, at
   the lengths without prime factors beyond 7: nanoseconds a point and log2 of the length, by the odd factor of the length,
   which is what SgdFastLength (operators/nufft/spreading_choice.h) goes by. */
#include "bench_clock.h"
#include "operators/nufft/spreading_choice.h"
#include <complex.h>
#include <fftw3.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

enum { LEAST = 96, MOST = 1200, ROWS = 60, TILE = 8, PASSES = 8 };

static double Rows(int n, double *x, fftw_complex *modes) {
  fftw_plan plan = fftw_plan_dft_r2c_1d(n, x, modes, FFTW_ESTIMATE | FFTW_DESTROY_INPUT);
  double seconds;

  memset(x, 0, (size_t)n * sizeof *x);
  fftw_execute(plan);
  const double start = BenchSeconds();
  for (int r = 0; r < ROWS; r++) fftw_execute(plan);
  seconds = (BenchSeconds() - start) / ROWS;
  fftw_destroy_plan(plan);
  return seconds;
}

static double Columns(int n, fftw_complex *x) {
  fftw_plan plan = fftw_plan_many_dft(1, &n, TILE, x, NULL, TILE, 1, x, NULL, TILE, 1, FFTW_FORWARD, FFTW_ESTIMATE);
  double seconds;

  memset(x, 0, (size_t)(n * TILE) * sizeof *x);
  fftw_execute(plan);
  const double start = BenchSeconds();
  for (int r = 0; r < ROWS / TILE; r++) fftw_execute(plan);
  seconds = (BenchSeconds() - start) / (ROWS / TILE * TILE);
  fftw_destroy_plan(plan);
  return seconds;
}

static int Odd(int n) {
  while (n % 2 == 0) n /= 2;
  return n;
}

int main(int argc, char **argv) {
  double *x = fftw_malloc((MOST + 2) * sizeof *x), best[MOST + 1][2];
  fftw_complex *c = fftw_malloc(MOST * TILE * sizeof *c);

  MPI_Init(&argc, &argv);
  for (int pass = 0; pass < PASSES; pass++) /* the least of passes that lie apart */
    for (int n = LEAST; n <= MOST; n = SgdGoodLength(n + 1)) {
      const double seconds[2] = {Rows(n, x, c), Columns(n, c)}, unit = 1e-9 * n * log2(n);
      for (int k = 0; k < 2; k++) best[n][k] = pass ? fmin(best[n][k], seconds[k] / unit) : seconds[k] / unit;
    }
  printf("ns a point and log2 n: length: rows, columns\n");
  for (int odd = 1; odd < MOST; odd += 2)
    for (int n = LEAST, first = 1; n <= MOST; n = SgdGoodLength(n + 1)) {
      if (Odd(n) != odd) continue;
      if (first) printf("%sodd factor %d:", odd > 1 ? "\n" : "", odd);
      printf("  %d: %.2f, %.2f", n, best[n][0], best[n][1]);
      first = 0;
    }
  printf("\n");
  fftw_free(x);
  fftw_free(c);
  MPI_Finalize();
  return 0;
}
