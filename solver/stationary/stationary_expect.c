#include "solver/stationary/stationaryimpl.h"
#include "solver/measures/expectation.h"

static const char *const plain[] = {
    "escape_rate",   "leak",   "degenerate", "fluctuation_dissipation", "langevin_fluctuation_dissipation",
    "mass_negative", "basins", NULL};
/* Quantities with a number, in the order of `numbered`: of an eigenpair, an axis, a passage, a set. */
typedef enum {
  MU,
  GAP,
  RATE,
  EXTRAPOLATED_RATE,
  MEAN,
  SECOND_MOMENT,
  DIFFUSION,
  CLOSED_VARIANCE,
  TAIL,
  LYAPUNOV,
  PASSAGE,
  BASIN_RATE
} Series;
static const char *const numbered[] = {
    "mu",   "gap",      "rate",    "extrapolated_rate", "mean", "second_moment", "diffusion", "closed_variance",
    "tail", "lyapunov", "passage", "basin_rate",        NULL};

static int Find(const char *const *names, const char *name, size_t length) {
  for (int i = 0; names[i]; i++)
    if (strlen(names[i]) == length && !strncmp(names[i], name, length)) return i;
  return -1;
}

static double Plain(int which, const SgdStationaryState *s) {
  const double value[] = {s->rate,    s->leak,        s->degenerate, s->work - s->heat, s->work - s->heat_langevin,
                          s->mass[0], s->basins.count};
  return value[which];
}

/* Quantities of a model's state; there are Count of each. */
static double OfState(Series which, SgdModelKind kind, double eta, const SgdStationaryState *s, int dim, int k) {
  const double log_mu = which <= RATE ? SgdEigenpairsLogMu(s->e, kind, eta, k) : 0;

  switch (which) {
  case MU:
    return kind == SGD_MAP ? s->e->re[k] : exp(log_mu);
  case GAP:
    return -expm1(log_mu);
  case RATE:
    return -log_mu / eta;
  case EXTRAPOLATED_RATE:
    return s->extrapolated[k];
  case MEAN:
    return s->moments.mean[k];
  case PASSAGE:
    return eta * s->passage[k].steps;
  case BASIN_RATE:
    return -s->basins.rate[k][k];
  default:
    return s->moments.cov[SgdPair(dim, k, k)] + PetscSqr(s->moments.mean[k]);
  }
}

static int Count(Series which, const SgdStationaryState *s, int dim) {
  switch (which) {
  case MU:
  case GAP:
  case RATE:
    return s->e->count;
  case EXTRAPOLATED_RATE:
    return s->error ? s->e->count : 0;
  case PASSAGE:
    return s->passages;
  case BASIN_RATE:
    return s->basins.count;
  default:
    return dim;
  }
}

/* Quantities of the case, whatever the model. Nonzero where there is no such axis. */
static int OfCase(Series which, const SgdFlatAxes *flat, const SgdTails *tails, int dim, int k, double *value) {
  if (k >= (which == DIFFUSION ? dim : tails->axes)) return 1;
  const SgdModePrediction *x = &tails->axis[k];
  if (which == DIFFUSION)
    *value = flat->flat[k] ? flat->diffusion[k] : 0;
  else if (which == TAIL)
    *value = x->tail;
  else if (which == LYAPUNOV)
    *value = tails->lyapunov[k];
  else
    *value = x->tail > 2 ? x->variance_stationary : 0;
  return 0;
}

/* Nonzero where there is no such quantity. */
static int ValueOf(const SgdModels *models, int m, const SgdFlatAxes *flat, const SgdTails *tails,
                   const SgdStationaryState *s, const char *name, double *value) {
  const char *line = strrchr(name, '_');
  const int which = Find(plain, name, strlen(name)), k = line ? atoi(line + 1) - 1 : -1;
  const int series = line ? Find(numbered, name, (size_t)(line - name)) : -1, dim = models->grid->dim;

  if (s && !s[m].e) return 0; /* it has failed: not a number, whatever is asked */
  if (s && which >= 0) {
    *value = Plain(which, s + m);
    return 0;
  }
  if (series < 0 || k < 0) return 1;
  if (series == DIFFUSION || series == CLOSED_VARIANCE || series == TAIL || series == LYAPUNOV)
    return OfCase((Series)series, flat, tails, dim, k, value);
  if (s && series <= RATE && k >= s[m].e->count && k < s[m].e->count + s[m].e->unconverged) return 0;
  if (!s || k >= Count((Series)series, &s[m], dim)) return 1;
  *value =
      OfState((Series)series, SgdModelGetKind(models->model[m]), models->context.sgd->learning_rate, s + m, dim, k);
  return 0;
}

/* Is it a name of a quantity, whatever its number? */
static PetscBool Known(const char *name) {
  const char *line = strrchr(name, '_');

  if (Find(plain, name, strlen(name)) >= 0) return PETSC_TRUE;
  return (PetscBool)(line && atoi(line + 1) > 0 && Find(numbered, name, (size_t)(line - name)) >= 0);
}

static PetscErrorCode Unknown(SgdCase c, const char *section, const char *quantity) {
  return SgdCaseError(
      c, section, NULL,
      "unknown quantity \"%.48s\": expected mu_K, gap_K, rate_K, extrapolated_rate_K, mean_A, second_moment_A, "
      "diffusion_A, passage_K, basin_rate_K, basins, closed_variance_A, tail_A, lyapunov_A, escape_rate, leak, "
      "degenerate, mass_negative or fluctuation_dissipation",
      quantity);
}

static PetscErrorCode FitOne(SgdCase c, const char *section, int models, const char *const name[]) {
  SgdExpectation *e;
  int m = 0;

  PetscFunctionBegin;
  PetscCall(SgdExpectationRead(c, section, PETSC_FALSE, &e));
  while (m < models && strcmp(name[m], e->model)) m++;
  SgdCaseCheck(c, m < models, section, "no model is named \"%.48s\"", e->model);
  SgdCaseCheck(c, e->tolerance >= 0, section, "tolerance must not be negative, got %g", e->tolerance);
  if (!Known(e->quantity)) PetscCall(Unknown(c, section, e->quantity));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryFit(SgdCase c, int models, const char *const name[]) {
  char section[48];
  void *passage;
  int count;

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(c, "stationary.expect", &count));
  for (int i = 0; i < count; i++) {
    PetscCall(PetscSNPrintf(section, sizeof section, "stationary.expect.%d", i));
    PetscCall(FitOne(c, section, models, name));
  }
  PetscCall(SgdCaseCount(c, "stationary.passages", &count));
  for (int k = 0; k < count; k++) PetscCall(SgdPassageItemRead(c, k, &passage));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckOne(const SgdModels *models, const SgdFlatAxes *flat, const SgdTails *tails,
                               const SgdStationaryState *s, int index, int *misses) {
  SgdExpectation *e;
  char section[48];
  double value = NAN;
  int m = 0;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "stationary.expect.%d", index));
  PetscCall(SgdExpectationRead(models->context.kase, section, PETSC_FALSE, &e));
  while (m < models->count && strcmp(SgdModelName(models->model[m]), e->model)) m++;
  SgdCaseCheck(models->context.kase, m < models->count, section, "no model is named \"%s\"", e->model);
  if (ValueOf(models, m, flat, tails, s, e->quantity, &value))
    PetscCall(Unknown(models->context.kase, section, e->quantity));
  PetscCall(SgdExpectationJudge(e, models->grid->comm, "", value, misses));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryExpect(const SgdModels *models, const SgdFlatAxes *flat, const SgdTails *tails,
                                   const SgdStationaryState *s) {
  int count, misses = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(models->context.kase, "stationary.expect", &count));
  if (count > 0) PetscCall(SgdSay(models->grid->comm, "Expectations:\n"));
  for (int i = 0; i < count; i++) PetscCall(CheckOne(models, flat, tails, s, i, &misses));
  if (misses)
    return SgdFail(models->grid->comm, SGD_EXIT_NUMBERS,
                   "%d of %d expectations of section stationary were missed (see above)", misses, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}
