/* The transforms are FFTW's: over the ranks in two and three dimensions, on rank 0 for a line. */
#include "solver/measures/wave_numbers.h"
#include "meshes/fields.h"
#include <fftw3-mpi.h>

typedef struct {
  SgdGrid grid;
  ptrdiff_t size, rows, first; /* doubles to allocate; rows of the slowest axis held, and the first of them */
  double *value;
} Slab;

enum { WHOLE, BEYOND, TAIL, SUMS = TAIL + 3 };

static PetscErrorCode SlabCreate(SgdGrid grid, Slab *s) {
  const int d = grid->dim;
  ptrdiff_t n[3];
  PetscMPIInt rank;

  PetscFunctionBegin;
  PetscCallMPI(MPI_Comm_rank(grid->comm, &rank));
  s->grid = grid;
  for (int a = 0; a < d; a++) n[a] = grid->n[d - 1 - a];
  s->first = 0;
  s->rows = s->size = rank ? 0 : n[0];
  fftw_mpi_init();
  if (d > 1) s->size = fftw_mpi_local_size(d, n, grid->comm, &s->rows, &s->first);
  s->value = fftw_alloc_real((size_t)PetscMax(s->size, 1));
  PetscCheck(s->value, PETSC_COMM_SELF, PETSC_ERR_MEM, "No memory for the spectrum of a density");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FetchSlab(Slab *s, Vec y) {
  const PetscInt row = s->grid->row;
  VecScatter scatter;
  Vec x;
  IS is;

  PetscFunctionBegin;
  PetscCall(VecCreateSeqWithArray(PETSC_COMM_SELF, 1, (PetscInt)s->rows * row, s->value, &x));
  PetscCall(ISCreateStride(PETSC_COMM_SELF, (PetscInt)s->rows * row, (PetscInt)s->first * row, 1, &is));
  PetscCall(VecScatterCreate(y, is, x, NULL, &scatter));
  PetscCall(VecScatterBegin(scatter, y, x, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterEnd(scatter, y, x, INSERT_VALUES, SCATTER_FORWARD));
  PetscCall(VecScatterDestroy(&scatter));
  PetscCall(ISDestroy(&is));
  PetscCall(VecDestroy(&x));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Transform(Slab *s) {
  const int d = s->grid->dim;
  fftw_r2r_kind kind[3];
  ptrdiff_t n[3];
  fftw_plan plan = NULL;

  PetscFunctionBegin;
  for (int a = 0; a < d; a++) {
    n[a] = s->grid->n[d - 1 - a];
    kind[a] = s->grid->boundary[d - 1 - a] == SGD_PERIODIC ? FFTW_R2HC : FFTW_REDFT10;
  }
  if (d > 1)
    plan = fftw_mpi_plan_r2r(d, n, s->value, s->value, s->grid->comm, kind, FFTW_ESTIMATE);
  else if (s->rows)
    plan = fftw_plan_r2r_1d((int)n[0], s->value, s->value, kind[0], FFTW_ESTIMATE);
  PetscCheck(plan || (d == 1 && !s->rows), PETSC_COMM_SELF, PETSC_ERR_LIB, "FFTW makes no plan");
  if (plan) fftw_execute(plan);
  if (plan) fftw_destroy_plan(plan);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Entry j of an axis: its wave number as a part of the grid's largest, pi/h, and its weight in Parseval's sum (the
   constant, and the shortest wave of an even periodic axis, have no partner). */
static double WaveNumber(SgdGrid grid, int a, PetscInt j, double *weight) {
  const PetscInt n = grid->n[a];
  const PetscBool periodic = (PetscBool)(grid->boundary[a] == SGD_PERIODIC);

  *weight *= j == 0 || (periodic && 2 * j == n) ? 1 : 2;
  return periodic ? 2.0 * (double)PetscMin(j, n - j) / (double)n : (double)j / (double)n;
}

/* Is (x^2 + y^2)/2 > y for the wave k? */
static PetscBool IsBeyond(const SgdStableBand *b, int d, const double k[]) {
  double gk = 0, kCk = 0;

  for (int i = 0; i < d; i++) {
    gk += b->g[i] * k[i];
    for (int j = 0; j < d; j++) kCk += k[i] * b->C[SgdPair(d, i, j)] * k[j];
  }
  const double x = b->learning_rate * gk, y = b->learning_rate * sqrt(PetscMax(kCk, 0));
  return (PetscBool)(x * x + y * y > 2 * y);
}

/* A standing wave is made of travelling ones with every choice of signs: the part of these that is beyond. */
static double PartBeyond(const SgdStableBand *b, int d, const double k[]) {
  const int signs = 1 << (d - 1);
  int count = 0;

  for (int s = 0; s < signs; s++) {
    double q[3];
    for (int a = 0; a < d; a++) q[a] = a && (s >> (a - 1)) & 1 ? -k[a] : k[a];
    count += IsBeyond(b, d, q);
  }
  return (double)count / signs;
}

static void Accumulate(const Slab *s, const SgdStableBand *band, double sum[SUMS]) {
  SgdGrid grid = s->grid;
  PetscInt index[3];

  for (PetscInt i = 0; i < (PetscInt)s->rows * grid->row; i++) {
    double power = s->value[i] * s->value[i], weight = 1, part[3], k[3];
    SgdGridIndex(grid, i + (PetscInt)s->first * grid->row, index);
    for (int a = 0; a < grid->dim; a++) {
      part[a] = WaveNumber(grid, a, index[a], &weight);
      k[a] = part[a] * PETSC_PI / grid->h[a];
    }
    power *= weight;
    sum[WHOLE] += power;
    for (int a = 0; a < grid->dim; a++)
      if (part[a] > 2.0 / 3) sum[TAIL + a] += power;
    if (band) sum[BEYOND] += power * PartBeyond(band, grid->dim, k);
  }
}

PetscErrorCode SgdDensitySpectrum(SgdGrid grid, Vec y, const SgdStableBand *band, double tail[], double *beyond) {
  double sum[SUMS] = {0};
  Slab s;

  PetscFunctionBegin;
  PetscCall(SlabCreate(grid, &s));
  PetscCall(FetchSlab(&s, y));
  PetscCall(Transform(&s));
  Accumulate(&s, band, sum);
  fftw_free(s.value);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, SUMS, MPI_DOUBLE, MPI_SUM, grid->comm));
  for (int a = 0; a < grid->dim; a++) tail[a] = sqrt(sum[TAIL + a] / sum[WHOLE]);
  *beyond = band ? sqrt(sum[BEYOND] / sum[WHOLE]) : NAN;
  PetscFunctionReturn(PETSC_SUCCESS);
}
