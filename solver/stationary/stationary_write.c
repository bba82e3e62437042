#include "solver/stationary/stationaryimpl.h"
#include "solver/output/json.h"
#include "solver/output/text_files.h"
#include "solver/output/verdict_json.h"

static void WriteEigenvalues(SgdJson j, const SgdStationaryState *s, SgdModelKind kind, double eta) {
  SgdJsonList(j, "eigenvalues");
  for (int k = 0; k < s->e->count; k++) {
    const double log_mu = SgdEigenpairsLogMu(s->e, kind, eta, k);
    SgdJsonObject(j, NULL);
    SgdJsonNumber(j, kind == SGD_MAP ? "mu_re" : "lambda_re", s->e->re[k]);
    SgdJsonNumber(j, kind == SGD_MAP ? "mu_im" : "lambda_im", s->e->im[k]);
    SgdJsonNumber(j, "one_minus_abs_mu", -expm1(log_mu));
    SgdJsonNumber(j, "decay_rate", -log_mu / eta);
    SgdJsonNumber(j, "relaxation_steps", -1 / log_mu);
    if (s->error) {
      SgdJsonNumber(j, "decay_rate_extrapolated", s->extrapolated[k]);
      SgdJsonNumber(j, "decay_rate_error", s->error[k]);
    }
    SgdJsonNumber(j, "residual", s->e->residual[k]);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

/* Two states: rate = k(- to +) + k(+ to -), and detailed balance of the masses. */
static void WriteSets(SgdJson j, const SgdStationaryState *s, int dim) {
  static const char *const names[2] = {"negative", "positive"};

  if (!s->sign) return;
  SgdJsonObject(j, "metastable_sets");
  for (int side = 0; side < 2; side++) {
    SgdJsonObject(j, names[side]);
    SgdJsonNumber(j, "mass", s->mass[side]);
    SgdJsonNumbers(j, "centre", dim, s->centre[side]);
    SgdJsonNumber(j, "escape_rate", s->rate * s->mass[!side]);
    SgdJsonNumber(j, "mean_escape_time", 1 / (s->rate * s->mass[!side]));
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

/* Rates that are not known are null; twice the doubt plus the ambiguity bounds them. */
static void WriteBasins(SgdJson j, const SgdBasins *b, int dim) {
  SgdJsonList(j, "basins");
  for (int i = 0; i < b->count; i++) {
    SgdJsonObject(j, NULL);
    SgdJsonNumber(j, "mass", b->mass[i]);
    SgdJsonNumber(j, "mass_relative_doubt", b->mass_doubt[i]);
    SgdJsonNumbers(j, "centre", dim, b->centre[i]);
    SgdJsonNumber(j, "escape_rate", SgdBasinsRateTold(b, i, i) ? -b->rate[i][i] : NAN);
    SgdJsonList(j, "rate_to");
    for (int k = 0; k < b->count; k++) SgdJsonNumber(j, NULL, SgdBasinsRateTold(b, i, k) ? b->rate[i][k] : NAN);
    SgdJsonEnd(j);
    SgdJsonNumbers(j, "rate_doubt", b->count, b->doubt[i]);
    SgdJsonNumbers(j, "rate_ambiguity", b->count, b->ambiguity[i]);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

static void WritePassages(SgdJson j, const SgdStationaryState *s, double eta) {
  SgdJsonList(j, "passages");
  for (int k = 0; k < s->passages; k++) {
    SgdJsonObject(j, NULL);
    SgdJsonString(j, "name", s->passage[k].name);
    SgdJsonNumber(j, "mean_steps", s->passage[k].steps);
    SgdJsonNumber(j, "mean_tau", eta * s->passage[k].steps);
    SgdJsonNumber(j, "probability_lost", s->passage[k].lost);
    SgdJsonNumber(j, "error_bound", s->passage[k].field.bound);
    SgdJsonNumber(j, "cells_error_steps", s->passage[k].cells);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

static void WriteCertificate(SgdJson j, const SgdStationaryCertificate *c) {
  SgdJsonObject(j, "certificate");
  SgdJsonBool(j, "resolved", c->resolved);
  SgdJsonNumber(j, "residual", c->residual);
  SgdJsonNumber(j, "other_modes_at_most", c->mixed);
  SgdJsonNumber(j, "negative_mass", c->negative);
  SgdJsonBool(j, "sets_in_range", c->sets_in_range);
  SgdJsonEnd(j);
}

/* The two sides of the balance of stationary states, THEORY.md (60). */
static void WriteBalance(SgdJson j, const SgdStationaryState *s) {
  SgdJsonObject(j, "fluctuation_dissipation");
  SgdJsonNumber(j, "a_dot_g", s->work);
  SgdJsonNumber(j, "half_eta_trace_raw_second_moment", s->heat);
  SgdJsonNumber(j, "half_eta_trace_covariance", s->heat_langevin);
  SgdJsonNumber(j, "residual_sgd", s->work - s->heat);
  SgdJsonNumber(j, "residual_langevin", s->work - s->heat_langevin);
  SgdJsonEnd(j);
}

static void WriteMoments(SgdJson j, int d, const SgdMoments *m) {
  SgdJsonNumbers(j, "mean", d, m->mean);
  SgdJsonNumbers(j, "covariance", SGD_PAIRS(d), m->cov);
  SgdJsonNumbers(j, "skewness", d, m->skewness);
  SgdJsonNumbers(j, "kurtosis", d, m->kurtosis);
  SgdJsonNumber(j, "min_density", m->min_density);
}

static void WriteModel(SgdJson j, const SgdModels *models, int m, const SgdStationaryState *s) {
  const SgdModelKind kind = SgdModelGetKind(models->model[m]);
  const double eta = models->context.sgd->learning_rate;
  const int d = models->grid->dim;

  SgdJsonObject(j, SgdModelName(models->model[m]));
  SgdJsonString(j, "kind", kind == SGD_MAP ? "map" : "generator");
  if (!s->e) {
    SgdJsonString(j, "failed",
                  models->failed[m] ? "it could not be set up"
                  : s->reached      ? "it has no result"
                                    : "the command did not come to it");
    SgdJsonEnd(j);
    return;
  }
  SgdJsonBool(j, "quasi_stationary", (PetscBool)(s->leak > SGD_LEAK_ROUNDING));
  SgdJsonNumber(j, "leak_per_step", s->leak);
  SgdJsonInteger(j, "degenerate", s->degenerate);
  if (SgdModelOrder(models->model[m]) || SgdModelHasNoDensity(models->model[m])) {
    SgdJsonNumber(j, "slowest_rate_cells_error", s->cells_error);
    SgdJsonNumber(j, "moments_cells_error", s->moments_error);
  }
  SgdJsonNumber(j, "relaxation_steps", SgdStationarySettles(s, kind, eta) ? 1 / (s->rate * eta) : NAN);
  SgdJsonNumber(j, "escape_rate", s->rate);
  WriteCertificate(j, &s->certificate);
  if (s->degenerate) SgdVerdictJson(j, d, &s->verdict);
  WriteEigenvalues(j, s, kind, eta);
  if (s->e->unconverged) SgdJsonInteger(j, "eigenpairs_not_converged", s->e->unconverged);
  SgdJsonInteger(j, "found_in_second_pass", s->e->missed);
  WriteSets(j, s, d);
  WriteBasins(j, &s->basins, d);
  WritePassages(j, s, eta);
  WriteMoments(j, d, &s->moments);
  WriteBalance(j, s);
  SgdJsonEnd(j);
}

/* Not finite is written as null. */
static void WriteTails(SgdJson j, const SgdTails *tails) {
  SgdJsonList(j, "closed_moments");
  for (int a = 0; a < tails->axes; a++) {
    const SgdModePrediction *x = &tails->axis[a];
    SgdJsonObject(j, NULL);
    SgdJsonInteger(j, "axis", a + 1);
    SgdJsonNumber(j, "curvature_variance", tails->Gamma[a]);
    SgdJsonBool(j, "finite_variance", (PetscBool)(x->tail > 2));
    SgdJsonBool(j, "stationary_density", (PetscBool)(x->tail > 0 && !x->collapses));
    SgdJsonBool(j, "collapses_onto_the_fixed_point", (PetscBool)x->collapses);
    SgdJsonNumber(j, "variance", x->variance_stationary);
    SgdJsonNumber(j, "tail_exponent", x->tail);
    SgdJsonNumber(j, "lyapunov_exponent", tails->lyapunov[a]);
    SgdJsonBool(j, "finite_variance_langevin", (PetscBool)(x->tail_langevin > 2));
    SgdJsonNumber(j, "variance_langevin", x->variance_langevin);
    SgdJsonNumber(j, "tail_exponent_langevin", x->tail_langevin);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

static void WriteFlat(SgdJson j, const SgdModels *models, const SgdFlatAxes *flat) {
  SgdJsonList(j, "axes_that_diffuse_for_ever");
  for (int a = 0; flat && a < models->grid->dim; a++) {
    if (!flat->flat[a]) continue;
    SgdJsonObject(j, NULL);
    SgdJsonInteger(j, "axis", a + 1);
    SgdJsonString(j, "name", models->context.slice->frame->name[a]);
    SgdJsonNumber(j, "diffusion_constant", flat->diffusion[a]);
    SgdJsonNumber(j, "variance_per_step", 2 * flat->diffusion[a] * models->context.sgd->learning_rate);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
}

static PetscErrorCode WriteJson(const SgdModels *models, const char *name, const SgdFlatAxes *flat,
                                const SgdTails *tails, const SgdStationaryState *s, const char *folder) {
  char path[PETSC_MAX_PATH_LEN];
  SgdJson j;

  PetscFunctionBegin;
  SgdJoinPath(folder, "stationary.json", path);
  PetscCall(SgdJsonOpen(models->grid->comm, path, &j));
  SgdJsonObject(j, NULL);
  SgdJsonString(j, "case", name);
  SgdJsonNumber(j, "learning_rate", models->context.sgd->learning_rate);
  SgdJsonBool(j, "stationary_state", (PetscBool)(s != NULL));
  WriteFlat(j, models, s ? NULL : flat);
  WriteTails(j, tails);
  SgdJsonNumber(j, "drift_error_at_mass", models->fields->drift_error);
  SgdJsonNumber(j, "noise_error_at_mass", models->fields->noise_error);
  SgdJsonObject(j, "models");
  for (int m = 0; s && m < models->count; m++) WriteModel(j, models, m, &s[m]);
  SgdJsonEnd(j);
  SgdJsonEnd(j);
  PetscCall(SgdJsonClose(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdStationaryWrite(const SgdModels *models, const char *name, const SgdFlatAxes *flat,
                                  const SgdTails *tails, const SgdStationaryState *s, const char *folder) {
  PetscFunctionBegin;
  if (s) {
    PetscCall(SgdStationaryFieldsWrite(models, s, folder));
    PetscCall(SgdPassagesWrite(models, s, folder));
    PetscCall(SgdBasinsWrite(models, s, folder));
  }
  PetscCall(WriteJson(models, name, flat, tails, s, folder)); /* last: with it the result is there */
  PetscFunctionReturn(PETSC_SUCCESS);
}
