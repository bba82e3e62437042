/* The master equation in one dimension for any minibatch law, spectrally accurate (THEORY.md (11)). The mass of cell j
   goes to K_ij = (1/M) sum_k exp(i k (x_i - T_j)) phi(eta k; a_j),   T_j = a_j - eta g(a_j), with phi the
   characteristic function of the centred noise -(G - g) and k on the dual mesh of a padded grid of M cells. What lands
   in the padding has left the box. Columns sum to phi(0) = 1. The matrix is kept dense: it is the slow, plain twin of
   every faster form. */
#include "operators/master/master.h"
#include "operators/push_forward/push_forward.h"
#include "cases/noise/batch_law.h"
#include "cases/base/complex.h"
#include <fftw3.h>
#include <petscblaslapack.h>

typedef struct {
  SgdGrid grid;
  double *column; /* [local cells][cells + 2], the kernel of each local cell */
} Dense;

typedef struct {
  const SgdStep *step;
  PetscBool exact;
  SgdNoiseLaw noise;      /* NULL: exact, or Gaussian */
  PetscInt pad, M, modes; /* cells of padding each side; padded length; M/2 + 1 */
  double _Complex *phi, *spectrum;
  double *q, *kernel, *gradient;
  fftw_plan plan;
  const char *law;
} Builder;

/* The exact law of a batch drawn from the N samples at w. */
static PetscErrorCode SampleLaw(Builder *b, double *w, double dq) {
  const SgdStep *c = b->step;
  const PetscInt N = SgdLandscapeSamples(c->landscape);
  const double work = (double)N * (double)c->batch * (double)b->modes * (double)c->fields->grid->cells;
  const PetscBool subsets = (PetscBool)(c->sampling == SGD_WITHOUT_REPLACEMENT && work < 2e10);
  const double zero = 0;
  double *gi = w + c->frame->P, mean = 0, factor = 1;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeSampleGradients(c->landscape, w, 1, c->frame->V, gi));
  for (PetscInt s = 0; s < N; s++) mean += gi[s] / (double)N;
  for (PetscInt s = 0; s < N; s++) gi[s] -= mean;
  b->law = "exact, N samples with replacement";
  if (subsets) {
    b->law = "exact, N samples without replacement within the batch";
    PetscCheck(!SgdBatchLawWithoutReplacement((int)N, 1, gi, (int)c->batch, &zero, &dq, (int)b->modes, b->phi),
               PETSC_COMM_SELF, PETSC_ERR_MEM, "Out of memory");
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (c->sampling == SGD_WITHOUT_REPLACEMENT) {
    b->law = "N samples with replacement, scaled by the finite-population factor sqrt((N-B)/(N-1))";
    factor = sqrt((double)(N - c->batch) / (double)(N - 1));
  }
  dq *= factor;
  SgdBatchLawWithReplacement((int)N, 1, gi, (int)c->batch, &zero, &dq, (int)b->modes, b->phi);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The law of a closed-form landscape at w: that of the mean of B draws. */
static PetscErrorCode ClosedLaw(Builder *b, const double *w, double dq) {
  const SgdStep *c = b->step;
  PetscBool closed;

  PetscFunctionBegin;
  for (PetscInt m = 0; m < b->modes; m++) b->q[m] = (double)m * dq / (double)c->batch;
  PetscCall(SgdLandscapeCharacteristic(c->landscape, w, c->frame->V, b->modes, b->q, b->phi, &closed));
  for (PetscInt m = 0; m < b->modes; m++) b->phi[m] = cpow(b->phi[m], (double)c->batch);
  b->law = closed ? "the landscape's own, in closed form" : "Gaussian, which is the landscape's own";
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* phi(eta k) of the step noise at cell `cell` whose point on the slice is x, on the modes k_m = 2 pi m/(M h). */
static PetscErrorCode Law(Builder *b, PetscInt cell, double x) {
  const SgdStep *c = b->step;
  const double dq = c->learning_rate * 2 * PETSC_PI / ((double)b->M * c->fields->grid->h[0]);
  const double C = c->fields->C[0][cell - c->fields->first_cell];
  double *w = b->gradient; /* scratch: [P] then per-sample gradients [N] */

  PetscFunctionBegin;
  if (b->noise) {
    PetscCall(SgdNoiseLawAt(b->noise, cell));
    for (PetscInt m = 0; m < b->modes; m++) b->phi[m] = SgdNoiseLawCharacteristic(b->noise, &(double){(double)m * dq});
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  if (b->exact) SgdFramePoint(c->frame, &x, w);
  if (b->exact && SgdLandscapeSamples(c->landscape))
    PetscCall(SampleLaw(b, w, dq));
  else if (b->exact && !SgdLandscapePopulation(c->landscape))
    PetscCall(ClosedLaw(b, w, dq));
  else /* asked for, or samples known by their covariance alone */
    for (PetscInt m = 0; m < b->modes; m++) b->phi[m] = exp(-0.5 * C * PetscSqr((double)m * dq));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Fold the padded kernel (first padded cell = -pad) onto the box and its two faces. */
static void FoldKernel(Builder *b, SgdGrid grid, double *column) {
  for (PetscInt i = 0; i < b->M; i++) {
    const PetscInt index = i - b->pad;
    column[SgdGridTarget(grid, &index)] += b->kernel[i];
  }
}

/* A point beyond the reflecting walls of n cells, in cells from the first one's centre, as they bring it back, and whether
   left and right have changed places on the way. */
static double Reflected(double T, double n, PetscBool *mirrored) {
  double u = fmod(T + 0.5, 2 * n);

  if (u < 0) u += 2 * n;
  *mirrored = (PetscBool)(u > n);
  return (*mirrored ? 2 * n - u : u) - 0.5;
}

/* The column of one cell: shift theorem for T, the law for the noise, one inverse FFT. The law was built for exp(-i q
   G); the step is -eta G, so phi(-(.)) = conj. */
static PetscErrorCode DenseColumn(Builder *b, PetscInt cell, double *column) {
  SgdFields f = b->step->fields;
  SgdGrid grid = f->grid;
  const PetscInt i = cell - f->first_cell;
  double x;

  PetscFunctionBegin;
  SgdGridCentre(grid, cell, &x);
  double T = (x - b->step->learning_rate * f->g[0][i] - grid->min[0]) / grid->h[0] - 0.5;
  PetscBool mirrored = PETSC_FALSE;
  if (grid->boundary[0] != SGD_PERIODIC) {
    const double beyond = PetscMax(-T, T - (double)(grid->n[0] - 1));
    if (grid->boundary[0] == SGD_ABSORBING && beyond > 0.5 * (double)b->pad) { /* out of the noise's reach */
      column[SgdGridLedgerIndex(grid, T > 0)] = 1;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
    if (beyond > 0.5 * (double)b->pad) T = Reflected(T, (double)grid->n[0], &mirrored);
  }
  PetscCall(Law(b, cell, x));
  for (PetscInt m = 0; m < b->modes; m++) {
    const double angle = -2 * PETSC_PI * (double)m * fmod(T + (double)b->pad, (double)b->M) / (double)b->M;
    b->spectrum[m] = CMPLX(cos(angle), sin(angle)) * (mirrored ? b->phi[m] : conj(b->phi[m])) / (double)b->M;
  }
  fftw_execute(b->plan);
  FoldKernel(b, grid, column);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MOST_PADDING  1000
#define HEAVY_PADDING 8 /* boxes each side: what wraps around comes back from 17 boxes away */

/* Room for the noise: at least a quarter of the box and 24 of the largest step standard deviations, each side. */
static PetscErrorCode ChoosePadding(Builder *b) {
  SgdFields f = b->step->fields;
  SgdGrid grid = f->grid;
  double most = 0, reach[3];
  PetscBool bounded = PETSC_TRUE;

  PetscFunctionBegin;
  if (b->noise) PetscCall(SgdNoiseLawReach(b->noise, 1e-3, reach, &bounded));
  for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) most = PetscMax(most, f->C[0][i]);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &most, 1, MPI_DOUBLE, MPI_MAX, grid->comm));
  if (grid->boundary[0] != SGD_PERIODIC)
    b->pad = PetscMax(grid->n[0] / 4 + 1,
                      (PetscInt)ceil(PetscMin(24 * b->step->learning_rate * sqrt(most) / grid->h[0], 1e9)));
  if (!bounded) b->pad = PetscMax(b->pad, HEAVY_PADDING * grid->n[0]);
  if (b->pad > MOST_PADDING * grid->n[0])
    return SgdFail(grid->comm, SGD_EXIT_NUMBERS,
                   "axis 1: one step's noise is as wide as %.3g boxes: nothing would stay; widen slice.min and "
                   "slice.max, or take a smaller sgd.learning_rate",
                   (double)b->pad / (24 * (double)grid->n[0]));
  if (grid->boundary[0] == SGD_PERIODIC) b->pad = 0;
  b->M = grid->n[0] + 2 * b->pad;
  if (b->M % 2 && grid->boundary[0] != SGD_PERIODIC) b->M++; /* a periodic axis keeps its own period */
  b->modes = b->M / 2 + 1;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Build(Builder *b, Dense *k) {
  const SgdStep *c = b->step;
  const PetscInt scratch = b->exact ? c->frame->P + SgdLandscapeSamples(c->landscape) : 0;

  PetscFunctionBegin;
  PetscCall(ChoosePadding(b));
  PetscCall(PetscMalloc5(b->modes, &b->phi, b->modes, &b->spectrum, b->modes, &b->q, b->M, &b->kernel, scratch,
                         &b->gradient));
  b->plan = fftw_plan_dft_c2r_1d((int)b->M, b->spectrum, b->kernel, FFTW_ESTIMATE);
  for (PetscInt cell = k->grid->first_cell; cell < k->grid->last_cell; cell++)
    PetscCall(DenseColumn(b, cell, k->column + (cell - k->grid->first_cell) * (k->grid->cells + 2)));
  fftw_destroy_plan(b->plan);
  PetscCall(PetscFree5(b->phi, b->spectrum, b->q, b->kernel, b->gradient));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* target += K mass */
static PetscErrorCode Push(void *ctx, const double *mass, double *target) {
  Dense *k = ctx;
  const PetscBLASInt rows = (PetscBLASInt)(k->grid->cells + 2),
                     columns = (PetscBLASInt)(k->grid->last_cell - k->grid->first_cell), one = 1;
  const double unit = 1;

  BLASgemv_("N", &rows, &columns, &unit, k->column, &rows, mass, &one, &unit, target, &one);
  return PetscLogFlops(2.0 * (double)rows * (double)columns);
}

static PetscErrorCode Pull(void *ctx, const double *everywhere, double *value) {
  Dense *k = ctx;
  const PetscBLASInt rows = (PetscBLASInt)(k->grid->cells + 2),
                     columns = (PetscBLASInt)(k->grid->last_cell - k->grid->first_cell), one = 1;
  const double unit = 1, zero = 0;

  BLASgemv_("T", &rows, &columns, &unit, k->column, &rows, everywhere, &one, &zero, value, &one);
  return PetscLogFlops(2.0 * (double)rows * (double)columns);
}

static PetscErrorCode PushForwardDestroy_Dense(void *ctx) {
  PetscFunctionBegin;
  PetscCall(PetscFree(((Dense *)ctx)->column));
  PetscCall(PetscFree(ctx));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateDense(Builder *b, Mat *A) {
  static const SgdPushForwardOps ops = {.push = Push, .pull = Pull, .destroy = PushForwardDestroy_Dense};
  SgdGrid grid = b->step->fields->grid;
  Dense *k;

  PetscFunctionBegin;
  PetscCall(PetscNew(&k));
  k->grid = grid;
  PetscCall(PetscCalloc1((grid->last_cell - grid->first_cell) * (grid->cells + 2), &k->column));
  PetscCall(Build(b, k));
  PetscCall(SgdPushForwardCreate(grid, &ops, k, A));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterDense(const SgdStep *step, PetscBool exact, const char **law, Mat *A) {
  Builder b = {.step = step, .exact = exact, .law = *law};

  PetscFunctionBegin;
  PetscCall(CreateDense(&b, A));
  *law = b.law;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMasterDenseLaw(const SgdStep *step, SgdNoiseLaw law, Mat *A) {
  Builder b = {.step = step, .noise = law};
  return CreateDense(&b, A);
}
