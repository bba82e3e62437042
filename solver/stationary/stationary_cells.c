/* What the cells' width leaves open in the results of models of a finite order: the same state on half the cells per
   axis. An error that falls with the width to the power q is the difference over 2^q - 1; half as much again is said of
   it, so that it bounds where the order is not reached yet. A measure without a density has no order to count on: one. */
#include "solver/stationary/stationaryimpl.h"

#define SETTLES    1e-14  /* a step, of a rate: rounding */
#define LEAST      1e-300 /* so that logarithms exist */
#define WELL_KNOWN 1e-4   /* relative, needs no word */

static double ErrorOf(double fine, double coarse, int order) {
  return 1.5 * PetscAbsReal(fine - coarse) / (pow(2, order) - 1);
}

/* A rate is the exponential of a barrier: the error of its logarithm falls with the width, and where half the cells miss
   it by a factor, so may all of them. Below `least` it is rounding. */
static double RateError(double fine, double coarse, double least, int order) {
  const double x = log(PetscMax(fine, least)), y = log(PetscMax(coarse, least));

  return PetscMax(fine, least) * expm1(ErrorOf(x, y, order));
}

/* The set of the half grid nearest to set i. */
static int Nearest(const SgdBasins *b, int i, const SgdBasins *half, int dim) {
  double least = PETSC_MAX_REAL;
  int best = 0;

  for (int j = 0; j < half->count; j++) {
    double r = 0;
    for (int a = 0; a < dim; a++) r += PetscSqr(half->centre[j][a] - b->centre[i][a]);
    if (r < least) best = j;
    least = PetscMin(least, r);
  }
  return best;
}

/* The error of rates and masses, onto their doubts: those of the rounding are far below. */
static void Doubt(SgdBasins *b, const SgdBasins *half, int dim, int order) {
  int at[SGD_MOST_BASINS];

  for (int i = 0; i < b->count; i++) at[i] = Nearest(b, i, half, dim);
  for (int i = 0; i < b->count; i++) {
    b->mass_doubt[i] += RateError(b->mass[i], half->mass[at[i]], LEAST, order) / PetscMax(b->mass[i], LEAST);
    for (int j = 0; j < b->count; j++) {
      const double sign = i == j ? -1 : 1, coarse = sign * half->rate[at[i]][at[j]];
      b->doubt[i][j] += RateError(sign * b->rate[i][j], coarse, half->doubt[at[i]][at[j]] + LEAST, order);
    }
  }
}

/* Of mean, in deviations, and variance, relative: the worst axis. A variance of zero: nothing to measure with. */
static double MomentsError(const SgdMoments *fine, const SgdMoments *coarse, int dim, int order) {
  double worst = 0;

  for (int a = 0; a < dim; a++) {
    const double v = fine->cov[SgdPair(dim, a, a)];
    const double off = RateError(v, coarse->cov[SgdPair(dim, a, a)], LEAST, order) / v;
    const double mean = ErrorOf(fine->mean[a], coarse->mean[a], order) / sqrt(v);
    if (PetscIsNanReal(off) || PetscIsNanReal(mean)) return NAN;
    worst = PetscMax(worst, PetscMax(off, mean));
  }
  return worst;
}

static void Compare(SgdStationaryState *s, const SgdStationaryState *half, int dim, int order, double eta) {
  s->cells_known = (PetscBool)(s->basins.count == half->basins.count && half->basins.found);
  s->cells_error = RateError(s->rate, half->rate, SETTLES / eta, order) / s->rate;
  s->moments_error = MomentsError(&s->moments, &half->moments, dim, order);
  if (s->cells_known) Doubt(&s->basins, &half->basins, dim, order);
  for (int k = 0; k < s->passages; k++)
    s->passage[k].cells = RateError(s->passage[k].steps, half->passage[k].steps, LEAST, order);
}

static PetscBool CanHalve(SgdGrid grid) {
  for (int a = 0; a < grid->dim; a++)
    if (grid->n[a] % 2 || grid->n[a] < 16) return PETSC_FALSE;
  return PETSC_TRUE;
}

/* The model alone on the half grid. NULL passages where its regions have no cell there: the times are then not compared. */
static PetscErrorCode HalfState(const SgdModels *models, int m, const SgdEigenpairsOptions *o,
                                const SgdPassages *passages, SgdStationaryState *s) {
  const SgdModels one = {.context = models->context, .grid = models->grid, .count = 1, .model = &models->model[m]};
  SgdHalfModels half;
  PetscErrorCode ierr = PETSC_SUCCESS;

  PetscFunctionBegin;
  *s = (SgdStationaryState){0};
  PetscCall(SgdHalfModelsCreate(&one, &half));
  if (!half.models.failed[0]) ierr = SgdStationaryCompute(&half.models, half.models.model[0], o, s);
  if (!ierr && s->e) ierr = SgdPassagesCompute(&half.models, half.models.model[0], passages, s);
  PetscCall(SgdHalfModelsDestroy(&half));
  if (ierr && SgdExitCode(ierr) != SGD_EXIT_NUMBERS) PetscCall(ierr);
  if (ierr) *s = (SgdStationaryState){0};
  PetscFunctionReturn(PETSC_SUCCESS);
}

static int OrderOf(SgdModel m) {
  return SgdModelHasNoDensity(m) ? 1 : SgdModelOrder(m);
}

PetscErrorCode SgdCellsErrorFind(const SgdModels *models, int m, const SgdEigenpairsOptions *o,
                                 const SgdPassages *passages, SgdStationaryState *s) {
  const double eta = models->context.sgd->learning_rate;
  const int order = OrderOf(models->model[m]), dim = models->grid->dim;
  SgdStationaryState half;

  PetscFunctionBegin;
  s->cells_error = s->moments_error = NAN;
  s->cells_known = PETSC_FALSE;
  if (!order || !s->degenerate || !CanHalve(models->grid)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(HalfState(models, m, o, passages, &half));
  if (!half.e) PetscFunctionReturn(PETSC_SUCCESS);
  Compare(s, &half, dim, order, eta);
  if (!SgdStationarySettles(s, SgdModelGetKind(models->model[m]), eta)) s->cells_error = NAN;
  if (SgdModelHasNoDensity(models->model[m]) && (s->cells_error >= 1 || s->moments_error >= 1))
    s->certificate.resolved = PETSC_FALSE;
  PetscCall(SgdStationaryFree(&half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCellsErrorView(const SgdModels *models, int m, const SgdStationaryState *s) {
  const char *name = SgdModelName(models->model[m]);
  const double eta = models->context.sgd->learning_rate;
  const MPI_Comm comm = models->grid->comm;

  PetscFunctionBegin;
  if (!OrderOf(models->model[m]) || SgdCertificateRings(models->model[m], s) || s->cells_error <= WELL_KNOWN)
    PetscFunctionReturn(PETSC_SUCCESS);
  if (PetscIsNanReal(s->cells_error) && SgdStationarySettles(s, SgdModelGetKind(models->model[m]), eta))
    PetscCall(
        SgdWarn(comm,
                "model %s: what the cells' width does to its rates is not known: half the cells (slice.cells, even "
                "and at least 16 an axis) give no state to compare with",
                name));
  else if (s->cells_error > 0.01)
    PetscCall(SgdWarn(comm,
                      "model %s: its slowest rate is known to %.2g %% only, by half the cells per axis: raise "
                      "slice.cells (the error falls with their width to the power %d)",
                      name, 100 * s->cells_error, OrderOf(models->model[m])));
  else if (s->cells_error > 0)
    PetscCall(SgdSay(comm, "    slowest rate not resolved to better than %.2g %%: by half the cells per axis\n",
                     100 * s->cells_error));
  if (s->basins.count && !s->cells_known && !PetscIsNanReal(s->cells_error))
    PetscCall(SgdWarn(comm,
                      "model %s: half the cells per axis show other metastable sets: masses and rates of the sets are "
                      "not known to hold for finer cells; raise slice.cells",
                      name));
  PetscFunctionReturn(PETSC_SUCCESS);
}
