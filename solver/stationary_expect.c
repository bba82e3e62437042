#include "stationaryimpl.h"
#include "case_types.h"
#include <stdbool.h>

typedef struct {
  char *model, *quantity;
  double value, tolerance;
  bool relative;
} Expectation;

static const cyaml_schema_field_t fields[] = {
    CYAML_FIELD_STRING_PTR("model", CYAML_FLAG_POINTER, Expectation, model, 0, CYAML_UNLIMITED),
    CYAML_FIELD_STRING_PTR("quantity", CYAML_FLAG_POINTER, Expectation, quantity, 0, CYAML_UNLIMITED),
    CYAML_FIELD_FLOAT("value", CYAML_FLAG_DEFAULT, Expectation, value),
    CYAML_FIELD_FLOAT("tolerance", CYAML_FLAG_DEFAULT, Expectation, tolerance),
    SGD_BOOL("relative", Expectation, relative),
    CYAML_FIELD_END};
static const cyaml_schema_value_t schema = SGD_SECTION(Expectation, fields);

static const char *const plain[] = {
    "escape_rate",   "leak",   "degenerate", "fluctuation_dissipation", "langevin_fluctuation_dissipation",
    "mass_negative", "basins", NULL};
static const char *const numbered[] = {"mu",
                                       "gap",
                                       "rate",
                                       "mean",
                                       "second_moment",
                                       "diffusion",
                                       "passage",
                                       "basin_rate",
                                       "extrapolated_rate",
                                       "closed_variance",
                                       "tail",
                                       NULL};

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

static double Numbered(int which, SgdModelKind kind, double eta, const SgdStationaryState *s, int k) {
  const double log_mu = which < 3 ? SgdEigenpairsLogMu(s->e, kind, eta, k) : 0;

  switch (which) {
  case 0:
    return kind == SGD_MAP ? s->e->re[k] : exp(log_mu);
  case 1:
    return -expm1(log_mu);
  case 2:
    return -log_mu / eta;
  case 3:
    return s->moments.mean[k];
  case 6:
    return eta * s->passage[k].steps;
  case 8:
    return s->extrapolated[k];
  case 7:
    return -s->basins.rate[k][k];
  default:
    return s->moments.cov[k == 0 ? 0 : (k == 1 ? (s->moments.cov[5] != 0 ? 3 : 2) : 5)] + PetscSqr(s->moments.mean[k]);
  }
}

/* How many of a numbered quantity there are. */
static int Count(int which, const SgdStationaryState *s, int dim) {
  if (which == 8) return s->error ? s->e->count : 0;
  return which < 3 ? s->e->count : (which == 6 ? s->passages : (which == 7 ? s->basins.count : dim));
}

/* Nonzero where there is no such quantity. */
static int Value(SgdProblem *p, int m, const SgdFlatAxes *flat, const SgdTails *tails, const SgdStationaryState *s,
                 const char *name, double *value) {
  const char *line = strrchr(name, '_');
  const int which = Find(plain, name, strlen(name)), k = line ? atoi(line + 1) - 1 : -1;
  const int series = line ? Find(numbered, name, (size_t)(line - name)) : -1;

  if (s && which >= 0) {
    *value = Plain(which, s + m);
    return 0;
  }
  if (series < 0 || k < 0) return 1;
  if (series == 5 && k < p->grid->dim) {
    *value = flat->flat[k] ? flat->diffusion[k] : 0;
    return 0;
  }
  if (series >= 9 && k < tails->axes) {
    const SgdModePrediction *x = &tails->axis[k];
    *value = series == 10 ? x->tail : (x->tail > 2 ? x->variance_stationary : 0);
    return 0;
  }
  if (!s || series == 5 || series >= 9 || k >= Count(series, &s[m], p->grid->dim)) return 1;
  *value = Numbered(series, SgdModelGetKind(p->model[m]), p->settings.sgd->learning_rate, s + m, k);
  return 0;
}

static PetscErrorCode CheckOne(SgdProblem *p, const SgdFlatAxes *flat, const SgdTails *tails,
                               const SgdStationaryState *s, int index, int *misses) {
  Expectation *e;
  char section[48];
  double value = NAN;
  int m = 0;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(section, sizeof section, "stationary.expect.%d", index));
  PetscCall(SgdCaseRead(p->kase, section, &schema, "relative: false\n", NULL, &e));
  while (m < p->models && strcmp(SgdModelName(p->model[m]), e->model)) m++;
  SgdCaseCheck(p->kase, m < p->models, section, "no model is named \"%s\"", e->model);
  SgdCaseCheck(p->kase, !Value(p, m, flat, tails, s, e->quantity, &value), section,
               "unknown quantity \"%s\": expected mu_K, gap_K, rate_K, extrapolated_rate_K, mean_A, second_moment_A, "
               "diffusion_A, "
               "passage_K, basin_rate_K, basins, closed_variance_A, tail_A, escape_rate, leak, degenerate or "
               "fluctuation_dissipation",
               e->quantity);
  const double error = PetscAbsReal(value - e->value) / (e->relative ? PetscAbsReal(e->value) : 1);
  const PetscBool missed = (PetscBool) !(error <= e->tolerance);
  PetscCall(SgdSay(p->comm, "  %s %s.%s: %.12g, expected %.12g, %s error %.2g, tolerance %.2g\n",
                   missed ? "MISSED" : "met   ", e->model, e->quantity, value, e->value,
                   e->relative ? "relative" : "absolute", error, e->tolerance));
  *misses += missed;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryExpect(SgdProblem *p, const SgdFlatAxes *flat, const SgdTails *tails,
                                   const SgdStationaryState *s) {
  int count, misses = 0;

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(p->kase, "stationary.expect", &count));
  if (count > 0) PetscCall(SgdSay(p->comm, "Expectations:\n"));
  for (int i = 0; i < count; i++) PetscCall(CheckOne(p, flat, tails, s, i, &misses));
  if (misses)
    return SgdFail(p->comm, SGD_EXIT_NUMBERS, "%d of %d expectations of section stationary were missed (see above)",
                   misses, count);
  PetscFunctionReturn(PETSC_SUCCESS);
}
