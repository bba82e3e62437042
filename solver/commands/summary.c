#include "solver/commands/summary.h"
#include "cases/base/journal.h"
#include "solver/output/json.h"
#include "solver/output/verdict_json.h"

static void WriteMoments(SgdJson j, int d, const SgdMoments *m) {
  SgdJsonNumber(j, "mass", m->mass);
  SgdJsonNumber(j, "outflow", m->outflow);
  SgdJsonNumbers(j, "outflow_by_face", 2 * d, m->lost);
  SgdJsonNumbers(j, "mean", d, m->mean);
  SgdJsonNumbers(j, "cov", SGD_PAIRS(d), m->cov);
  SgdJsonNumbers(j, "skewness", d, m->skewness);
  SgdJsonNumbers(j, "kurtosis", d, m->kurtosis);
  SgdJsonNumber(j, "entropy", m->entropy);
  SgdJsonNumber(j, "min_density", m->min_density);
  SgdJsonNumber(j, "negative_mass", m->negative_mass);
}

static void WriteDistances(SgdJson j, int d, const SgdDistances *x) {
  SgdJsonObject(j, "distance");
  SgdJsonNumber(j, "l1", x->l1);
  SgdJsonNumber(j, "hellinger", x->hellinger);
  SgdJsonNumber(j, "kl", x->kl);
  SgdJsonNumbers(j, "w1", d, x->w1);
  SgdJsonNumber(j, "mean_error", x->mean_error);
  SgdJsonNumber(j, "cov_error", x->cov_error);
  SgdJsonEnd(j);
}

/* Of the space discretisation, estimated (measures/error_estimate.h). */
static void WriteErrors(SgdJson j, int d, const SgdErrors *e) {
  SgdJsonObject(j, "error_estimate");
  SgdJsonInteger(j, "order", e->order);
  SgdJsonNumber(j, "l1", e->l1);
  SgdJsonNumber(j, "outflow", e->moments.outflow);
  SgdJsonNumbers(j, "mean", d, e->moments.mean);
  SgdJsonNumbers(j, "cov", SGD_PAIRS(d), e->moments.cov);
  SgdJsonNumbers(j, "skewness", d, e->moments.skewness);
  SgdJsonNumbers(j, "kurtosis", d, e->moments.kurtosis);
  SgdJsonEnd(j);
}

/* Standard errors: of a measured model's moments, and of every model's distance to or from one. */
static void WriteSampling(SgdJson j, int d, const SgdSamplingErrors *e) {
  const SgdMoments *m = &e->moments;

  SgdJsonObject(j, "sampling_error");
  SgdJsonNumber(j, "noise_l1", e->noise_l1);
  SgdJsonNumber(j, "outflow", m->outflow);
  SgdJsonNumbers(j, "mean", d, m->mean);
  SgdJsonNumbers(j, "cov", SGD_PAIRS(d), m->cov);
  SgdJsonNumbers(j, "skewness", d, m->skewness);
  SgdJsonNumbers(j, "kurtosis", d, m->kurtosis);
  SgdJsonNumber(j, "entropy", m->entropy);
  WriteDistances(j, d, &e->distances);
  SgdJsonEnd(j);
}

/* A model that failed: at which step, and why. */
static PetscErrorCode WriteFailure(SgdJson j, const SgdHistory *h, int m) {
  const int k = SgdHistoryFailed(h, m);
  char reason[128];

  PetscFunctionBegin;
  if (k < 0) PetscFunctionReturn(PETSC_SUCCESS);
  const SgdVerdict *v = &h->verdict[k * h->models + m];
  PetscCall(SgdFailureText(v->failure, v->failure_value, reason, sizeof reason));
  SgdJsonObject(j, "failed");
  SgdJsonInteger(j, "step", h->step[k]);
  SgdJsonString(j, "reason", reason);
  SgdJsonEnd(j);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteFigures(SgdModel model, SgdJson j) {
  const SgdFigure *figure;
  int count;

  PetscFunctionBegin;
  PetscCall(SgdModelFigures(model, &count, &figure));
  SgdJsonObject(j, "figures");
  for (int k = 0; k < count; k++) SgdJsonNumber(j, figure[k].name, figure[k].value);
  SgdJsonEnd(j);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteModels(const SgdModels *models, const SgdHistory *h, const double seconds[], SgdJson j) {
  static const char *const kind[] = {"map", "generator", "ensemble"};
  const int last = (h->steps - 1) * h->models, d = models->grid->dim;

  PetscFunctionBegin;
  SgdJsonObject(j, "models");
  for (int m = 0; m < models->count; m++) {
    SgdJsonObject(j, SgdModelName(models->model[m]));
    SgdJsonString(j, "kind", kind[SgdModelGetKind(models->model[m])]);
    PetscCall(WriteFailure(j, h, m));
    WriteMoments(j, d, &h->moments[last + m]);
    if (m != h->reference) WriteDistances(j, d, &h->distances[last + m]);
    SgdVerdictJson(j, d, &h->verdict[last + m]);
    const SgdCertificate worst = SgdHistoryCertificate(h, m);
    SgdCertificateJson(j, &worst);
    if (h->errors) WriteErrors(j, d, &h->errors[last + m]);
    if (h->sampling) WriteSampling(j, d, &h->sampling[last + m]);
    PetscCall(WriteFigures(models->model[m], j));
    SgdJsonNumber(j, "seconds", seconds[m]);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteEquations(const SgdModels *models, SgdJson j) {
  char equation[512];

  PetscFunctionBegin;
  SgdJsonObject(j, "equations");
  for (int m = 0; m < models->count; m++) {
    PetscCall(SgdModelEquation(models->model[m], equation, sizeof equation));
    SgdJsonString(j, SgdModelName(models->model[m]), equation);
  }
  SgdJsonEnd(j);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The closed moments at the output steps, as upper triangles. */
static void WriteClosure(const SgdSliceStage *s, const SgdHistory *h, SgdJson j) {
  static const char *const kind[2] = {"sgd", "langevin"};
  const int d = s->grid->dim;

  SgdJsonObject(j, "closure");
  SgdJsonList(j, "steps");
  for (int k = 0; k < h->steps; k++) SgdJsonInteger(j, NULL, h->step[k]);
  SgdJsonEnd(j);
  SgdJsonObject(j, "cov");
  for (int c = 0; c < 2; c++) {
    SgdJsonList(j, kind[c]);
    for (int k = 0; k < h->steps; k++) {
      const double *cov = s->prediction->cov[c] + h->step[k] * d * d;
      SgdJsonList(j, NULL);
      for (int a = 0; a < d; a++)
        for (int b = a; b < d; b++) SgdJsonNumber(j, NULL, cov[a * d + b]);
      SgdJsonEnd(j);
    }
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
  SgdJsonEnd(j);
}

/* The moments above are around the mean path, which is in mean_path.csv. */
static void CoMoving(SgdCoMoving c, int refresh, SgdJson j) {
  const int d = c->frame->dim;

  SgdJsonInteger(j, "refresh", refresh);
  SgdJsonNumber(j, "refresh_change", c->refresh_change);
  SgdJsonNumbers(j, "mean_path_end", d, c->place + (size_t)c->steps * (size_t)c->columns + 1);
  if (c->mean.trajectories) SgdJsonInteger(j, "mean_trajectories", c->mean.trajectories);
  SgdJsonString(j, "complement", c->complement ? "ensemble" : "rest");
  if (c->complement) {
    SgdJsonNumbers(j, "linear_variance_over_the_complement", d, c->spread);
    SgdJsonNumbers(j, "error_of_the_complement", d, c->spread_error);
  }
  if (PetscIsNanReal(c->whole[0])) return;
  SgdJsonNumbers(j, "linear_variance_slice_alone", d, c->alone);
  SgdJsonNumbers(j, "linear_variance_whole_network", d, c->whole);
}

static void WriteSlice(const SgdSliceStage *s, const SgdFields fields, double eta, const SgdSliceOptions *o,
                       SgdJson j) {
  SgdJsonList(j, "axes");
  for (int a = 0; a < s->grid->dim; a++) {
    SgdJsonObject(j, NULL);
    SgdJsonString(j, "name", s->frame->name[a]);
    SgdJsonNumber(j, "eigenvalue", s->frame->lambda[a]);
    SgdJsonNumber(j, "eta_lambda", s->frame->lambda[a] * eta);
    SgdJsonNumber(j, "min", s->grid->min[a]);
    SgdJsonNumber(j, "max", s->grid->max[a]);
    SgdJsonInteger(j, "cells", s->grid->n[a]);
    SgdJsonNumber(j, "step_noise", s->prediction->step_noise[a]);
    SgdJsonEnd(j);
  }
  SgdJsonEnd(j);
  SgdJsonObject(j, "slice");
  SgdJsonNumber(j, "interpolation_error", fields->interpolation_error);
  SgdJsonNumber(j, "drift_error_at_mass", fields->drift_error);
  SgdJsonNumber(j, "noise_error_at_mass", fields->noise_error);
  SgdJsonNumber(j, "gradient_outside_share", fields->outside_share);
  SgdJsonNumber(j, "gradient_norm", s->gradient_norm);
  SgdJsonNumber(j, "drift", s->drift);
  SgdJsonNumber(j, "narrowest_spread", s->spread);
  SgdJsonString(j, "follow", o->follow_name);
  if (s->co_moving) CoMoving(s->co_moving, o->refresh, j);
  SgdJsonEnd(j);
}

static void WriteSettings(const SgdSections *s, const SgdHistory *h, SgdJson j) {
  SgdJsonString(j, "name", s->name);
  SgdJsonNumber(j, "learning_rate", s->settings.sgd->learning_rate);
  SgdJsonInteger(j, "batch_size", s->settings.sgd->batch_size);
  SgdJsonString(j, "sampling", SgdDrawLawNames[s->settings.sgd->draw]);
  SgdJsonInteger(j, "steps", h->step[h->steps - 1]);
  SgdJsonString(j, "reference", h->model[h->reference]);
}

static void WriteWarnings(SgdJournal journal, SgdJson j) {
  SgdJsonList(j, "warnings");
  for (int i = 0; i < SgdWarningCount(journal); i++) SgdJsonString(j, NULL, SgdWarning(journal, i));
  SgdJsonEnd(j);
}

PetscErrorCode SgdSummaryWrite(const SgdSections *s, const SgdModels *m, const SgdHistory *h, const double seconds[],
                               const char *folder) {
  const SgdSliceStage *slice = m->context.slice;
  char path[PETSC_MAX_PATH_LEN];
  SgdJson j;

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(path, sizeof path, "%s/summary.json", folder));
  PetscCall(SgdJsonOpen(m->grid->comm, path, &j));
  SgdJsonObject(j, NULL);
  SgdJsonString(j, "format", "sgdfp-summary-1");
  SgdJsonString(j, "status", "finished"); /* it is written at the end only; else see status_run.json */
  WriteSettings(s, h, j);
  WriteSlice(slice, m->fields, s->settings.sgd->learning_rate, s->slice, j);
  PetscCall(WriteEquations(m, j));
  PetscCall(WriteModels(m, h, seconds, j));
  WriteClosure(slice, h, j);
  WriteWarnings(SgdJournalOf(m->grid->comm), j);
  SgdJsonEnd(j);
  PetscCall(SgdJsonClose(&j));
  PetscFunctionReturn(PETSC_SUCCESS);
}
