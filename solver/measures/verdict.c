#include "solver/measures/verdict.h"
#include "solver/measures/aliasing.h"
#include "solver/measures/wave_numbers.h"

const char *const SgdResolutionNames[] = {"ok", "marginal", "poor", "failed", NULL};

/* The support: the fullest cells that together hold all but this. What lies outside cannot move a moment of order one
   by more, and is the size of the error a resolved run is asked for. */
#define SUPPORT_REST 1e-6

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

/* Masses by binary order of magnitude: bin b holds cells with 2^-b > m >= 2^-(b+1). */
#define BINS 256

/* An error of the density, as negative mass is. */
#define ALIASING_OK   1e-6
#define ALIASING_POOR 1e-3

/* One step's error in units of that step's noise is, in the long run, the error of the covariance relative to itself. */
#define STEP_OK   1e-2
#define STEP_POOR 1e-1

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

PetscErrorCode SgdVerdictCompute(SgdModel model, SgdFields fields, double eta, Vec y, const SgdMoments *m,
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

/* The worst axis. */
static int Worst(int dim, const double value[], double sign) {
  int worst = 0;
  for (int a = 1; a < dim; a++)
    if (sign * value[a] > sign * value[worst]) worst = a;
  return worst;
}

static PetscErrorCode Say(MPI_Comm comm, int dim, const char *model, PetscInt step, const SgdVerdict *v, int judged) {
  const int finest = Worst(dim, v->noise, -1), longest = Worst(dim, v->tail, 1), widest = Worst(dim, v->added, 1);
  const char *how = SgdResolutionNames[v->part[judged]];
  char cure[64] = "no number of cells resolves it";

  switch (judged) {
  case SGD_JUDGED_NOISE:
    if (v->noise[finest] > 0)
      PetscCall(PetscSNPrintf(cure, sizeof cure, "raise slice.cells there %.2g times", NOISE_OK / v->noise[finest]));
    return SgdWarn(comm, "model %s, step %d: resolution %s: a step's noise is %.3g cells of axis %d (%g wanted): %s",
                   model, (int)step, how, v->noise[finest], finest + 1, NOISE_OK, cure);
  case SGD_JUDGED_TAIL:
    return SgdWarn(comm,
                   "model %s, step %d: resolution %s: the shortest third of the waves along axis %d hold %.2g of the "
                   "density (%.0e wanted): it is as fine as the grid",
                   model, (int)step, how, longest + 1, v->tail[longest], TAIL_OK);
  case SGD_JUDGED_NEGATIVE:
    return SgdWarn(comm, "model %s, step %d: resolution %s: negative mass %.2g (%.0e wanted)", model, (int)step, how,
                   v->negative_mass, NEGATIVE_OK);
  case SGD_JUDGED_ALIASING:
    return SgdWarn(
        comm,
        "model %s, step %d: resolution %s: a step stretches the density faster than its noise fills the gaps "
        "between cells, for about %.2g of it (%.0e wanted): raise slice.cells",
        model, (int)step, how, v->aliasing, ALIASING_OK);
  case SGD_JUDGED_STEP:
    return SgdWarn(comm,
                   "model %s, step %d: resolution %s: one step misses the model's own mean by %.2g and its second "
                   "moments by %.2g of the step's noise (%.0e wanted)",
                   model, (int)step, how, v->step.mean, v->step.covariance, STEP_OK);
  case SGD_JUDGED_ADDED:
    return SgdWarn(comm,
                   "model %s, step %d: resolution %s: upwind fluxes add %.2g of the noise's own variance along axis %d "
                   "(%.0e wanted): raise slice.cells",
                   model, (int)step, how, v->added[widest], widest + 1, ADDED_OK);
  default:
    return SgdWarn(comm,
                   "model %s, step %d: %s: %.2g of the density lies in waves beyond the stable band of the expansion "
                   "at the mean (%.0e wanted)",
                   model, (int)step, how, v->beyond_band, BAND_OK);
  }
}

PetscErrorCode SgdVerdictWarn(MPI_Comm comm, int dim, const char *model, PetscInt step, const SgdVerdict *v,
                              unsigned *warned) {
  PetscFunctionBegin;
  for (int j = 0; j < SGD_JUDGED; j++) {
    const unsigned marginal = 1u << 2 * j, poor = marginal << 1,
                   now = v->part[j] == SGD_RESOLUTION_POOR ? poor : marginal;
    if (v->part[j] == SGD_RESOLUTION_OK || *warned & (now | poor)) continue;
    PetscCall(Say(comm, dim, model, step, v, j));
    *warned |= now;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
