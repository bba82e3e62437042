#include "solver/measures/verdictimpl.h"
#include "cases/base/package.h"
#include "solver/measures/aliasing.h"
#include "solver/measures/wave_numbers.h"

const char *const SgdResolutionNames[] = {"ok", "marginal", "poor", "failed", NULL};

/* The support: the fullest cells that together hold all but this. What lies outside cannot move a moment of order one
   by more, and is the size of the error a resolved run is asked for. */
#define SUPPORT_REST 1e-6

/* Masses by binary order of magnitude: bin b holds cells with 2^-b > m >= 2^-(b+1). */
#define BINS 256

static int Bin(double mass) {
  int exponent;
  if (!(mass > 0)) return BINS - 1;
  frexp(mass, &exponent);
  return PetscMin(PetscMax(-exponent, 0), BINS - 1);
}

/* The last bin that belongs to the support. */
static PetscErrorCode Support(SgdGrid grid, const double *mass, int *last) {
  double held[BINS] = {0}, all = 0, rest = 0;

  PetscFunctionBegin;
  for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++)
    if (mass[i] > 0) held[Bin(mass[i])] += mass[i];
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, held, BINS, MPI_DOUBLE, MPI_SUM, grid->comm));
  for (int b = 0; b < BINS; b++) all += held[b];
  for (*last = BINS - 1; *last > 0 && rest + held[*last] <= SUPPORT_REST * all; --*last) rest += held[*last];
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* noise_a = min over the support of eta sqrt(C_aa)/h_a */
static PetscErrorCode Noise(SgdFields f, double eta, Vec y, double noise[3]) {
  SgdGrid grid = f->grid;
  const PetscScalar *mass;
  int last = BINS - 1;

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &mass));
  PetscCall(Support(grid, mass, &last));
  for (int a = 0; a < grid->dim; a++) {
    const double *C = f->C[SgdPair(grid->dim, a, a)] + (grid->first_cell - f->first_cell);
    double least = PETSC_INFINITY;
    for (PetscInt i = 0; i < grid->last_cell - grid->first_cell; i++)
      if (mass[i] > 0 && Bin(mass[i]) <= last) least = PetscMin(least, C[i]);
    noise[a] = eta * sqrt(PetscMax(least, 0)) / grid->h[a];
  }
  PetscCall(VecRestoreArrayRead(y, &mass));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, noise, grid->dim, MPI_DOUBLE, MPI_MIN, grid->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Gradient and noise in the cell that holds the mean; the nearest one where the mean is outside. */
static PetscErrorCode BandAtMean(SgdFields f, double eta, const SgdMoments *m, SgdStableBand *b) {
  SgdGrid grid = f->grid;
  PetscInt cell = 0, stride = 1;
  double value[9] = {0};

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++) {
    const double at = floor((m->mean[a] - grid->min[a]) / grid->h[a]);
    cell += stride * (PetscInt)PetscMin(PetscMax(at, 0), (double)(grid->n[a] - 1));
    stride *= grid->n[a];
  }
  if (cell >= grid->first_cell && cell < grid->last_cell) {
    for (int a = 0; a < grid->dim; a++) value[a] = f->g[a][cell - f->first_cell];
    for (int p = 0; p < SGD_PAIRS(grid->dim); p++) value[3 + p] = f->C[p][cell - f->first_cell];
  }
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, value, 9, MPI_DOUBLE, MPI_SUM, grid->comm));
  b->learning_rate = eta;
  PetscCall(PetscArraycpy(b->g, value, 3));
  PetscCall(PetscArraycpy(b->C, value + 3, 6));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* added_a = sum_i y_i (variance added in cell i) / sum_i y_i eta C_aa,i */
static PetscErrorCode Added(SgdModel model, SgdFields f, double eta, Vec y, double added[3]) {
  SgdGrid grid = f->grid;
  const PetscScalar *mass;
  double sum[6] = {0};

  PetscFunctionBegin;
  PetscCall(VecGetArrayRead(y, &mass));
  for (int a = 0; a < grid->dim; a++) {
    const double *C = f->C[SgdPair(grid->dim, a, a)] + (grid->first_cell - f->first_cell),
                 *more = SgdModelAdded(model, a);
    for (PetscInt i = 0; more && i < grid->last_cell - grid->first_cell; i++) {
      sum[a] += mass[i] * more[i];
      sum[3 + a] += mass[i] * eta * C[i];
    }
  }
  PetscCall(VecRestoreArrayRead(y, &mass));
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, sum, 6, MPI_DOUBLE, MPI_SUM, grid->comm));
  for (int a = 0; a < grid->dim; a++) added[a] = sum[3 + a] != 0 ? sum[a] / sum[3 + a] : 0;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Not a number is poor. */
static SgdResolution JudgeValue(double value, double ok, double poor) {
  if (value <= ok) return SGD_RESOLUTION_OK;
  return value <= poor ? SGD_RESOLUTION_MARGINAL : SGD_RESOLUTION_POOR;
}

static void JudgeAll(SgdModel model, SgdFields fields, SgdVerdict *v) {
  /* only a map without a band spreads a step's noise itself; the others diffuse by as little as they like, and an
     optimizer's states are remeshed, for which the density alone must be smooth */
  const PetscBool spreads =
      (PetscBool)(SgdModelGetKind(model) == SGD_MAP && !SgdModelHasStableBand(model) && !fields->slice);
  const int dim = fields->grid->dim;
  double noise = PETSC_INFINITY, tail = 0, added = 0;

  for (int a = 0; a < dim; a++) {
    noise = PetscMin(noise, v->noise[a]);
    tail = v->tail[a] <= tail ? tail : v->tail[a]; /* keeps what is not a number */
    added = v->added[a] <= added ? added : v->added[a];
  }
  v->part[SGD_JUDGED_NOISE] = spreads ? JudgeValue(-noise, -NOISE_OK, -NOISE_POOR) : SGD_RESOLUTION_OK;
  v->part[SGD_JUDGED_TAIL] = JudgeValue(tail, TAIL_OK, TAIL_POOR);
  v->part[SGD_JUDGED_NEGATIVE] = JudgeValue(v->negative_mass, NEGATIVE_OK, NEGATIVE_POOR);
  v->part[SGD_JUDGED_BAND] =
      SgdModelHasStableBand(model) ? JudgeValue(v->beyond_band, BAND_OK, BAND_POOR) : SGD_RESOLUTION_OK;
  v->part[SGD_JUDGED_ALIASING] = spreads ? JudgeValue(v->aliasing, ALIASING_OK, ALIASING_POOR) : SGD_RESOLUTION_OK;
  v->part[SGD_JUDGED_ADDED] = JudgeValue(added, ADDED_OK, ADDED_POOR);
  const double step = PetscMax(v->step.mean, v->step.covariance) - v->step.allowed;
  v->part[SGD_JUDGED_STEP] = v->step.share > 0 ? JudgeValue(step, STEP_OK, STEP_POOR) : SGD_RESOLUTION_OK;
  v->all = SGD_RESOLUTION_OK;
  for (int j = 0; j < SGD_JUDGED; j++) v->all = PetscMax(v->all, v->part[j]);
}

static PetscErrorCode MeasureAll(SgdModel model, SgdFields fields, double eta, Vec y, const SgdMoments *m,
                                 SgdVerdict *v) {
  const PetscBool band = (PetscBool)(SgdModelHasStableBand(model) && !PetscIsNanReal(m->mean[0]));
  SgdStableBand b;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(v, sizeof *v));
  PetscCall(Noise(fields, eta, y, v->noise));
  PetscCall(SgdAliasing(fields, eta, y, &v->aliasing));
  PetscCall(SgdCertificateCompute(model, fields, eta, y, m, &v->step));
  PetscCall(Added(model, fields, eta, y, v->added));
  if (band) PetscCall(BandAtMean(fields, eta, m, &b));
  PetscCall(SgdDensitySpectrum(fields->grid, y, band ? &b : NULL, v->tail, &v->beyond_band));
  v->negative_mass = m->negative_mass;
  JudgeAll(model, fields, v);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define GROSS 10 /* spreads of the density that one step's moments may be off before the model has failed */

/* The certificate takes a step of its own: where that cannot be computed, the model has failed, and no other. */
PetscErrorCode SgdVerdictCompute(SgdModel model, SgdFields fields, double eta, Vec y, const SgdMoments *m,
                                 SgdVerdict *v) {
  PetscErrorCode ierr;

  PetscFunctionBegin;
  PetscCall(PetscLogEventBegin(SGD_Verdict, 0, 0, 0, 0));
  ierr = MeasureAll(model, fields, eta, y, m, v);
  PetscCall(PetscLogEventEnd(SGD_Verdict, 0, 0, 0, 0));
  if (ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS) {
    *v = (SgdVerdict){.all = SGD_RESOLUTION_FAILED, .failure = SGD_FAILED_STOPPED};
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(ierr);
  if (v->step.gross > GROSS) {
    v->all = SGD_RESOLUTION_FAILED;
    v->failure = SGD_FAILED_STEP;
    v->failure_value = v->step.gross;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
