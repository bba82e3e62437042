/* What one step of the master equation costs by spreading and FFT, homogeneous Gaussian noise, against an FFTW r2c +
   c2r round trip of the density grid timed in the same run: medians of `-repeats` (default 7). Prints one line a grid.
   Run:  bench_master_step [-tolerance 1e-6] [-cells 2] [-repeats 7]        (-cells: step noise in cell widths)
         mpiexec -n 2 bench_master_step                                      (the round trip is then FFTW-MPI's) */
#include "bench_clock.h"
#include "operators/master/master.h"
#include "operators/nufft/spreading.h"
#include <fftw3-mpi.h>
#include <slepcsys.h>

static int Ascending(const void *a, const void *b) {
  const double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

static double Median(double *t, int n) {
  qsort(t, (size_t)n, sizeof *t, Ascending);
  return t[n / 2];
}

/* A linear gradient with folding along no axis (eta lambda = 0.5), noise of `sigma` cells. */
static PetscErrorCode MakeStep(int dim, PetscInt n, double sigma, SgdStep *m) {
  const PetscInt cells[3] = {n, n, n};
  const double min[3] = {-1, -1, -1}, max[3] = {1, 1, 1};
  const SgdBoundary boundary[3] = {SGD_ABSORBING, SGD_ABSORBING, SGD_ABSORBING};
  SgdFields f;
  double x[3];

  PetscFunctionBegin;
  PetscCall(PetscMemzero(m, sizeof *m));
  PetscCall(PetscNew(&f));
  PetscCall(SgdGridCreate(PETSC_COMM_WORLD, dim, cells, min, max, boundary, &f->grid));
  m->fields = f;
  m->learning_rate = 0.1;
  f->first_cell = f->grid->first_cell;
  f->last_cell = f->grid->last_cell;
  for (int a = 0; a < dim; a++) PetscCall(PetscMalloc1(f->last_cell - f->first_cell, &f->g[a]));
  for (int p = 0; p < SGD_PAIRS(dim); p++) PetscCall(PetscCalloc1(f->last_cell - f->first_cell, &f->C[p]));
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) {
    SgdGridCentre(f->grid, f->first_cell + i, x);
    for (int a = 0; a < dim; a++) {
      f->g[a][i] = 0.5 * x[a] + 0.2 * x[(a + 1) % dim] + 0.3 * sin(3 * x[a]);
      f->C[SgdPair(dim, a, a)][i] = PetscSqr(sigma * f->grid->h[a] / 0.1);
    }
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FreeStep(int dim, SgdStep *m) {
  SgdFields f = m->fields;

  PetscFunctionBegin;
  for (int a = 0; a < dim; a++) PetscCall(PetscFree(f->g[a]));
  for (int p = 0; p < SGD_PAIRS(dim); p++) PetscCall(PetscFree(f->C[p]));
  PetscCall(SgdGridDestroy(&f->grid));
  PetscCall(PetscFree(f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The yardstick, in milliseconds. */
static PetscErrorCode RoundTrip(int dim, PetscInt n, int repeats, double *t) {
  ptrdiff_t N[3] = {n, n, n}, local, start;

  PetscFunctionBegin;
  N[dim - 1] = n / 2 + 1;
  const ptrdiff_t size = fftw_mpi_local_size(dim, N, PETSC_COMM_WORLD, &local, &start);
  double *x = fftw_alloc_real(2 * (size_t)size);
  N[dim - 1] = n;
  fftw_plan there = fftw_mpi_plan_dft_r2c(dim, N, x, (fftw_complex *)x, PETSC_COMM_WORLD,
                                          FFTW_MEASURE | FFTW_MPI_TRANSPOSED_OUT),
            back = fftw_mpi_plan_dft_c2r(dim, N, (fftw_complex *)x, x, PETSC_COMM_WORLD,
                                         FFTW_MEASURE | FFTW_MPI_TRANSPOSED_IN);
  for (ptrdiff_t i = 0; i < 2 * size; i++) x[i] = 1e-300;
  for (int i = 0; i < repeats; i++) {
    MPI_Barrier(PETSC_COMM_WORLD);
    t[i] = BenchSeconds();
    fftw_execute(there);
    fftw_execute(back);
    MPI_Barrier(PETSC_COMM_WORLD);
    t[i] = 1e3 * (BenchSeconds() - t[i]);
  }
  fftw_destroy_plan(there);
  fftw_destroy_plan(back);
  fftw_free(x);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* wall: seconds of all steps by the clock, as those of the spreading loop are counted. */
static PetscErrorCode Steps(Mat A, SgdGrid grid, int repeats, double *t, double *wall) {
  Vec y[2];

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(grid, &y[0]));
  PetscCall(SgdGridCreateState(grid, &y[1]));
  PetscCall(VecSet(y[0], 1.0 / (double)grid->cells));
  *wall = MPI_Wtime();
  for (int i = -1; i < repeats; i++) { /* one to warm up */
    MPI_Barrier(PETSC_COMM_WORLD);
    const double start = BenchSeconds();
    PetscCall(MatMult(A, y[(i + 1) % 2], y[(i + 2) % 2]));
    MPI_Barrier(PETSC_COMM_WORLD);
    if (i >= 0) t[i] = 1e3 * (BenchSeconds() - start);
  }
  *wall = MPI_Wtime() - *wall;
  PetscCall(VecDestroy(&y[0]));
  PetscCall(VecDestroy(&y[1]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Bench(int dim, PetscInt n, double sigma, double tolerance, int repeats) {
  static const SgdStepLawParameters none = {0};
  SgdReport report = {.name = "master"};
  SgdStep m;
  Mat A;
  const SgdLawAccuracy accuracy = {.tolerance = tolerance, .most = 1, .support = &m.support};
  SgdNoiseLaw law;
  SgdSpreadStatistics s;
  int terms;
  double error, t[101], fft[101], wall;

  PetscFunctionBegin;
  PetscCall(MakeStep(dim, n, sigma, &m));
  PetscCall(SgdNoiseLawCreate(&m, NULL, "law", "gaussian", &none, &law));
  const double setup = BenchSeconds();
  PetscCall(SgdMasterSpread(&m, &report, law, &accuracy, &terms, &error, &A));
  const double took = BenchSeconds() - setup;
  PetscCall(SgdNoiseLawDestroy(&law));
  PetscCall(RoundTrip(dim, n, repeats, fft));
  PetscCall(Steps(A, m.fields->grid, repeats, t, &wall));
  PetscCall(SgdMasterSpreadStatistics(A, &s));
  const double cells = (double)m.fields->grid->cells, step = Median(t, repeats), round = Median(fft, repeats),
               loop = step * s.spread_seconds / wall;
  /* the map, two state vectors, and the fields the map reads and the model keeps (g, C, loss) */
  const double memory = s.bytes / 8 / cells + 2 + 1 + dim + SGD_PAIRS(dim);
  PetscCall(
      PetscPrintf(PETSC_COMM_WORLD,
                  "%dD %4d^%d: step %8.2f ms = %5.2f round trips of %7.2f ms; %6.1f Mcell/s; spreading %4.1f %% at "
                  "%5.1f GFlop/s; %5.2f doubles a cell; set-up %.2f s\n",
                  dim, (int)n, dim, step, step / round, round, cells / step / 1e3, 100 * loop / step,
                  s.flops * cells / loop / 1e6, memory, took));
  PetscCall(MatDestroy(&A));
  PetscCall(FreeStep(dim, &m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

int main(int argc, char **argv) {
  PetscReal tolerance = 1e-6, sigma = 2;
  PetscInt repeats = 7, largest = 2048;

  if (SlepcInitialize(&argc, &argv, NULL, "Time of a step of the master equation by spreading and FFT")) return 1;
  fftw_mpi_init();
  PetscOptionsGetReal(NULL, NULL, "-tolerance", &tolerance, NULL);
  PetscOptionsGetReal(NULL, NULL, "-cells", &sigma, NULL);
  PetscOptionsGetInt(NULL, NULL, "-repeats", &repeats, NULL);
  PetscOptionsGetInt(NULL, NULL, "-largest", &largest, NULL);
  repeats = PetscMin(PetscMax(repeats, 1), 101);
  for (int n = 512; n <= (int)largest; n *= 2) PetscCall(Bench(2, n, sigma, tolerance, (int)repeats));
  PetscCall(Bench(3, largest < 1024 ? 64 : 128, sigma, tolerance, (int)repeats));
  fftw_mpi_cleanup();
  return SlepcFinalize() != 0;
}
