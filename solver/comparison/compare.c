#include "solver/comparison/compareimpl.h"
#include "cases/base/package.h"
#include "solver/problem/initial_density.h"
#include "solver/output/lock.h"
#include "solver/output/status.h"
#include "solver/restart/interrupt.h"
#include "solver/restart/restart.h"
#include "solver/restart/stages.h"

static PetscErrorCode AllocateHistory(SgdComparison *c) {
  SgdHistory *h = c->h;
  char **names;

  PetscFunctionBegin;
  h->models = c->x.models->count;
  h->reference = c->x.reference;
  h->capacity = c->count;
  PetscCall(PetscMalloc1(h->models, &names));
  for (int m = 0; m < h->models; m++) PetscCall(PetscStrallocpy(SgdModelName(c->x.models->model[m]), &names[m]));
  h->model = (const char *const *)names;
  PetscCall(PetscCalloc4(c->count, &h->step, c->count * h->models, &h->moments, c->count * h->models, &h->distances,
                         c->count * h->models, &h->verdict));
  if (c->x.settings->check->error) PetscCall(PetscCalloc1(c->count * h->models, &h->errors));
  for (int m = 0; m < h->models; m++)
    if (SgdModelGetKind(c->x.models->model[m]) == SGD_ENSEMBLE && !h->sampling)
      PetscCall(PetscCalloc1(c->count * h->models, &h->sampling));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHistoryFree(SgdHistory *h) {
  char **names = (char **)h->model;

  PetscFunctionBegin;
  for (int m = 0; m < h->models; m++) PetscCall(PetscFree(names[m]));
  PetscCall(PetscFree(names));
  PetscCall(PetscFree(h->errors));
  PetscCall(PetscFree(h->sampling));
  PetscCall(PetscFree4(h->step, h->moments, h->distances, h->verdict));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenOutput(SgdComparison *c) {
  const SgdModels *models = c->x.models;
  const SgdOutputContext ctx = {.folder = c->x.folder,
                                .kase = models->context.kase,
                                .argc = c->x.argc,
                                .argv = c->x.argv,
                                .grid = c->grid,
                                .frame = models->context.slice->frame,
                                .fields = models->fields,
                                .models = models->count,
                                .model = c->h->model,
                                .reference = c->x.reference,
                                .learning_rate = models->context.sgd->learning_rate,
                                .schedule = &models->context.slice->schedule,
                                .error = c->h->sampling ? c->cell_error : NULL,
                                .last = c->steps[c->count - 1],
                                .kept = c->h->steps};

  return SgdOutputOpen(&ctx, &c->out);
}

/* ", about 12 s left" to the end, by what has gone so far; "" where that is not known. */
static void Left(double seconds, char text[64]) {
  *text = 0;
  if (seconds > 0) snprintf(text, 64, ", about %.0f s left", seconds);
}

/* One line an output step: what went by, what is left. */
static PetscErrorCode Progress(SgdComparison *c, int k) {
  const SgdMoments *m = c->h->moments + k * c->h->models;
  double worst = 0, lowest = PETSC_MAX_REAL, outflow = 0, seconds = 0, step, left;
  const char *model;
  char text[64];

  PetscFunctionBegin;
  for (int i = 0; i < c->h->models; i++) {
    worst = PetscMax(worst, PetscAbsReal(m[i].mass + m[i].outflow - 1));
    lowest = PetscMin(lowest, m[i].min_density);
    outflow = PetscMax(outflow, m[i].outflow);
    seconds += SgdAdvanceSeconds(c->models)[i];
  }
  SgdAdvanceProgress(c->models, &model, &step, &left);
  Left(left, text);
  PetscCall(SgdSay(c->grid->comm,
                   "  step %6" PetscInt_FMT "/%" PetscInt_FMT
                   "  |mass+outflow-1| %.1e  min p %9.2e  outflow %8.2e  %6.1f s%s\n",
                   c->steps[k], c->steps[c->count - 1], worst, lowest, outflow, seconds, text));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Between two output steps that are far apart: how far it is, and how much of all the models' steps is done. */
static PetscErrorCode ReportProgress(void *context) {
  SgdComparison *c = context;
  double step, left, gone = 0;
  const char *model;

  PetscFunctionBegin;
  SgdAdvanceProgress(c->models, &model, &step, &left);
  for (int i = 0; i < c->h->models; i++) gone += SgdAdvanceSeconds(c->models)[i];
  PetscCall(SgdTell(c->grid->comm, left > 0 && gone > 0 ? gone / (gone + left) : -1, left > 0 ? left : -1,
                    "at step %.0f of %" PetscInt_FMT " (%s)", floor(step), c->steps[c->count - 1], model));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A failed model has no figures; one that has just failed says why, and is not taken further. */
static PetscErrorCode MarkFailed(SgdComparison *c, int k, int i) {
  const int at = k * c->h->models + i;
  SgdVerdict *v = &c->h->verdict[at];
  char reason[128];

  PetscFunctionBegin;
  v->all = SGD_RESOLUTION_FAILED;
  for (int a = 0; a < 3; a++) v->noise[a] = v->tail[a] = v->added[a] = NAN;
  v->aliasing = v->beyond_band = NAN;
  v->negative_mass = c->h->moments[at].negative_mass;
  if (SgdHistoryFailed(c->h, i) < k) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdFailureText(v->failure, v->failure_value, reason, sizeof reason));
  PetscCall(SgdWarn(c->grid->comm, "model %s has failed at step %" PetscInt_FMT ": %s; the others go on",
                    c->h->model[i], c->steps[k], reason));
  PetscCall(SgdAdvanceStop(c->models, i));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A failed model stays so. */
static PetscErrorCode JudgeTrust(SgdComparison *c, int k, int i) {
  const SgdModels *models = c->x.models;
  const int at = k * models->count + i, before = SgdHistoryFailed(c->h, i);
  SgdVerdict *v = &c->h->verdict[at];
  double budget;

  PetscFunctionBegin;
  PetscCall(PetscMemzero(v, sizeof *v));
  if (before >= 0 && before < k) {
    v->failure = c->h->verdict[before * models->count + i].failure;
    v->failure_value = c->h->verdict[before * models->count + i].failure_value;
  } else if (SgdAdvanceBroken(c->models, i))
    v->failure = models->failed[i] ? SGD_FAILED_SETUP : SGD_FAILED_STOPPED;
  else {
    PetscCall(SgdMassBudget(models->model[i], c->grid, &models->context.slice->schedule, SgdAdvancePiece(c->models),
                            c->steps[k], &budget));
    v->failure = SgdTrustJudge(&c->h->moments[at], c->grid->dim, budget, &v->failure_value);
  }
  if (v->failure == SGD_TRUSTED) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(MarkFailed(c, k, i));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the grid makes of the densities, by the noise of the piece of the schedule just run. */
static PetscErrorCode JudgeResolution(SgdComparison *c, int k) {
  const SgdModels *models = c->x.models;
  const double eta = models->context.slice->schedule.eta[SgdAdvancePiece(c->models)];
  char when[32];

  PetscFunctionBegin;
  PetscCall(PetscSNPrintf(when, sizeof when, "step %" PetscInt_FMT, c->steps[k]));
  for (int i = 0; i < models->count; i++) {
    const int at = k * models->count + i;
    SgdVerdict *v = &c->h->verdict[at];
    if (v->failure == SGD_TRUSTED) {
      PetscCall(SgdVerdictCompute(models->model[i], models->fields, eta, c->y[i], &c->h->moments[at], v));
      if (v->failure != SGD_TRUSTED) PetscCall(MarkFailed(c, k, i));
    }
    PetscCall(SgdVerdictTableRow(c->verdicts, c->h->model[i], c->steps[k], v));
    PetscCall(SgdVerdictWarn(c->grid->comm, c->grid->dim, c->h->model[i], when, v, &c->warned[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define MOST_LEFT 1e-3 /* share of the mass that may leave, or come in, through a face without a word */

/* At the first output step at which more than that has left; `before`: the moments at the last one, or NULL. */
static PetscErrorCode WarnOfOutflow(SgdComparison *c, const char *model, PetscInt step, const SgdMoments *before,
                                    const SgdMoments *now) {
  const SgdGrid g = c->grid;

  PetscFunctionBegin;
  for (int face = 0; face < 2 * g->dim; face++) {
    const int a = face / 2, upper = face % 2;
    const double lost = now->lost[face];
    if (!(PetscAbsReal(lost) > MOST_LEFT) || (before && PetscAbsReal(before->lost[face]) > MOST_LEFT)) continue;
    PetscCall(SgdWarn(g->comm,
                      "model %s, step %" PetscInt_FMT
                      ": %.2g of the mass has %s through the %s face of axis %d, at %.4g (%g is let pass): %s "
                      "slice.%s there%s",
                      model, step, PetscAbsReal(lost), lost > 0 ? "left" : "come in, which never left,",
                      upper ? "upper" : "lower", a + 1, upper ? g->max[a] : g->min[a], MOST_LEFT,
                      upper ? "raise" : "lower", upper ? "max" : "min",
                      lost > 0 ? ", or make the face reflecting (slice.boundary)"
                               : "; the truncated equation's tails reach beyond the box, and its moments are off"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The fields where the reference's mass is, at the first output step and at the last: the landscape is asked anew. */
static PetscErrorCode CheckFields(SgdComparison *c, int k) {
  const int i = c->h->reference;
  char when[32];

  PetscFunctionBegin;
  if ((k > 0 && k < c->count - 1) || c->h->verdict[k * c->h->models + i].failure != SGD_TRUSTED)
    PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscSNPrintf(when, sizeof when, "step %" PetscInt_FMT, c->steps[k]));
  PetscCall(
      SgdModelsCheckFields(c->x.models, c->y[i], (PetscInt)c->x.settings->sgd->steps, (uint64_t)c->steps[k], when));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Moments of the steps since the last output step, and of this one, of models that have not failed. */
static PetscErrorCode MeasureBetween(SgdComparison *c, int k) {
  const int models = c->h->models;

  PetscFunctionBegin;
  for (int i = 0; i < models; i++) {
    const PetscBool trusted = (PetscBool)(c->h->verdict[k * models + i].failure == SGD_TRUSTED);
    PetscCall(SgdStepMomentsOutput(c->moments, i, c->steps[k], trusted ? c->y[i] : NULL));
  }
  PetscCall(SgdStepTableRows(c->every_step, c->moments, c->steps[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode MeasureStep(SgdComparison *c, int k) {
  SgdHistory *h = c->h;
  SgdMoments *m = h->moments + k * h->models;

  PetscFunctionBegin;
  h->step[k] = c->steps[k];
  for (int i = 0; i < h->models; i++) SgdLogged(SGD_Moments, SgdMomentsCompute(c->grid, c->y[i], &m[i]));
  for (int i = 0; i < h->models; i++)
    if (i != h->reference)
      SgdLogged(SGD_Distances,
                SgdDistancesCompute(c->grid, c->y[i], c->y[h->reference], &h->distances[k * h->models + i]));
  h->steps = k + 1;
  PetscCall(SgdLockCheck(c->grid->comm));
  SgdLogged(SGD_Output, SgdOutputDensities(c->out, c->steps[k], c->y)); /* of one that fails now, too */
  for (int i = 0; i < h->models; i++) PetscCall(JudgeTrust(c, k, i));
  PetscCall(MeasureBetween(c, k));
  PetscCall(JudgeResolution(c, k));
  SgdLogged(SGD_Output, SgdOutputRows(c->out, c->steps[k], c->y, h, k));
  PetscCall(SgdStatusStep(c->steps[k]));
  PetscCall(Progress(c, k));
  PetscCall(CheckFields(c, k));
  PetscCall(SgdErrorBarsStep(c->bars, c->models, h, k));
  if (c->check) PetscCall(SgdErrorCheckStep(c->check, c->steps[k], c->y, m, h->errors + k * h->models));
  for (int i = 0; i < h->models; i++)
    PetscCall(WarnOfOutflow(c, h->model[i], c->steps[k], k ? &m[i - h->models] : NULL, &m[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The models to output step k, and the error check's; on the way a checkpoint where one is due, and an end where a
   signal asks for it. */
static PetscErrorCode AdvanceTo(SgdComparison *c, int k) {
  PetscFunctionBegin;
  for (;;) {
    PetscCall(SgdAdvanceTo(c->models, c->steps[k]));
    if (c->check && !SgdWatchPaused(&c->watch)) PetscCall(SgdErrorCheckAdvance(c->check, c->steps[k]));
    if (!SgdWatchPaused(&c->watch)) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(SgdStagePush("Checkpoint"));
    SgdLogged(SGD_Checkpoint, SgdComparisonCheckpoint(c));
    PetscCall(SgdStagePop());
    if (c->watch.signal) return SgdRestartLater(c->grid->comm, c->watch.signal, "run", c->x.folder);
    SgdWatchRestart(&c->watch);
  }
}

static PetscErrorCode Advance(SgdComparison *c) {
  PetscFunctionBegin;
  for (int k = c->h->steps; k < c->count; k++) {
    PetscCall(AdvanceTo(c, k));
    PetscCall(SgdStagePush("Output"));
    PetscCall(MeasureStep(c, k));
    PetscCall(SgdStagePop());
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Models and integrators of another piece of the schedule. */
static PetscErrorCode ViewPiece(void *context) {
  SgdComparison *c = context;

  PetscFunctionBegin;
  PetscCall(SgdModelsView(c->x.models));
  if (!c->x.models->context.slice->co_moving) PetscCall(SgdAdvanceView(c->models));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model from the initial density, and the error check's. */
static PetscErrorCode CreateModels(SgdComparison *c) {
  SgdModels *models = c->x.models;
  Vec y0;

  PetscFunctionBegin;
  PetscCall(SgdInitialDensity(c->grid, models->context.slice->prediction, &y0));
  PetscCall(SgdAdvanceCreate(models, c->x.leaps, y0, &c->models));
  PetscCall(VecDestroy(&y0));
  PetscCall(SgdAdvanceView(c->models));
  SgdAdvanceOnPiece(c->models, ViewPiece, c);
  PetscCall(SgdStepMomentsCreate(c->grid, models->count, c->x.settings->sgd->steps, &c->moments));
  SgdAdvanceRecord(c->models, c->moments);
  c->y = SgdAdvanceStates(c->models);
  if (!c->h->errors) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSay(c->grid->comm, "Error check: the same on half the cells per axis\n"));
  PetscCall(SgdErrorCheckCreate(models, c->x.leaps, c->x.folder, &c->check));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A fresh start, or where the checkpoint left off. */
static PetscErrorCode BeginRun(SgdComparison *c, SgdCheckpoint *from) {
  const PetscBool restart = (PetscBool)(*from != NULL);

  PetscFunctionBegin;
  PetscCall(CreateModels(c));
  if (restart) PetscCall(SgdComparisonRestart(c, from));
  SgdErrorBarsCells(c->x.models, c->models, c->cell_error);
  PetscCall(OpenOutput(c));
  PetscCall(SgdErrorBarsCreate(c->x.models, c->x.folder, &c->bars));
  PetscCall(SgdVerdictTableOpen(c->grid->comm, c->x.folder, c->grid->dim, &c->verdicts));
  PetscCall(SgdStepTableOpen(c->grid, c->x.folder, c->h->models, c->h->model, c->x.models->context.sgd->learning_rate,
                             &c->x.models->context.slice->schedule, &c->every_step));
  PetscCall(SgdComparisonRestartTables(c));
  if (restart && c->h->steps) PetscCall(SgdStatusStep(c->steps[c->h->steps - 1]));
  PetscCall(SgdSay(c->grid->comm, "Run: %d models, %d steps, to %s%s\n", c->x.models->count, c->x.settings->sgd->steps,
                   c->x.folder, restart ? ", going on from its checkpoint" : ""));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From here on a signal is noted, and acted upon between two steps. */
static PetscErrorCode Watch(SgdComparison *c) {
  PetscFunctionBegin;
  c->watch.comm = c->grid->comm;
  c->watch.interval = c->x.settings->output->checkpoint;
  c->watch.report = ReportProgress;
  c->watch.context = c;
  SgdAdvanceWatch(c->models, &c->watch);
  if (c->check) SgdErrorCheckWatch(c->check, &c->watch);
  PetscCall(SgdWatchStart(&c->watch, MPI_Wtime() - c->x.began));
  SgdInterruptHold();
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewFieldErrors(SgdComparison *c) {
  const SgdFields f = c->x.models->fields;

  PetscFunctionBegin;
  if (f->interpolation_error > 0)
    PetscCall(SgdSay(c->grid->comm,
                     "Interpolated fields where the mass is: drift to %.1e of itself, noise to %.1e, at points drawn "
                     "from the density\n",
                     f->drift_error, f->noise_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The worst of one step's moments over the run, in words. */
static PetscErrorCode ViewCertificates(const SgdComparison *c) {
  PetscFunctionBegin;
  PetscCall(
      SgdSay(c->grid->comm, "One step's moments against each model's own equation, the worst of all output steps:\n"));
  for (int i = 0; i < c->h->models; i++) {
    const SgdCertificate worst = SgdHistoryCertificate(c->h, i);
    if (SgdAdvanceMeasured(c->models, i)) continue; /* it has no step to certify */
    char left[64] = "";
    if (worst.allowed > 1e-3)
      PetscCall(PetscSNPrintf(left, sizeof left, "; up to %.1e is mass that leaves, or rounding", worst.allowed));
    if (worst.share > 0)
      PetscCall(SgdSay(c->grid->comm,
                       "  %s: mean %.1e, second moments %.1e of the %s's noise, for %.4g of the mass at the least%s\n",
                       c->h->model[i], worst.mean, worst.covariance,
                       SgdModelUpdates(c->x.models->model[i]) > 1 ? "whole epoch" : "step", worst.share, left));
    else
      PetscCall(
          SgdSay(c->grid->comm, "  %s: not known (no second moments, or all mass near the faces)\n", c->h->model[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* And in density.h5. */
static PetscErrorCode WriteCertificates(SgdComparison *c) {
  PetscFunctionBegin;
  for (int i = 0; i < c->h->models; i++) {
    const SgdCertificate worst = SgdHistoryCertificate(c->h, i);
    PetscCall(SgdOutputCertificate(c->out, i, &worst));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The last words, and the end of everything but the history. */
static PetscErrorCode FinishRun(SgdComparison *c, double seconds[]) {
  const SgdHistory *h = c->h;

  PetscFunctionBegin;
  PetscCall(ViewCertificates(c));
  PetscCall(WriteCertificates(c));
  PetscCall(ViewFieldErrors(c));
  PetscCall(SgdOutputClose(&c->out));
  PetscCall(SgdVerdictTableClose(&c->verdicts));
  PetscCall(SgdStepTableClose(&c->every_step));
  PetscCall(SgdStepMomentsDestroy(&c->moments));
  if (c->check) PetscCall(SgdErrorCheckView(c->check, h->errors + (h->steps - 1) * h->models));
  PetscCall(SgdErrorCheckDestroy(&c->check));
  PetscCall(SgdErrorBarsView(c->bars, h));
  PetscCall(SgdErrorBarsMarginals(c->bars, c->models, h));
  PetscCall(SgdErrorBarsDestroy(&c->bars));
  PetscCall(PetscArraycpy(seconds, SgdAdvanceSeconds(c->models), h->models));
  PetscCall(SgdAdvanceDestroy(&c->models));
  PetscCall(PetscFree(c->steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompareRun(const SgdComparisonContext *context, SgdCheckpoint *from, SgdHistory *h,
                             double seconds[]) {
  SgdComparison c = {.x = *context, .grid = context->models->grid, .h = h};

  PetscFunctionBegin;
  PetscCall(SgdSettingsOutputSteps(context->settings, &c.count, &c.steps));
  PetscCall(AllocateHistory(&c));
  PetscCall(BeginRun(&c, from));
  if (c.x.ready) PetscCall(c.x.ready(c.grid->comm));
  PetscCall(Watch(&c));
  PetscCall(Advance(&c));
  PetscCall(FinishRun(&c, seconds));
  PetscFunctionReturn(PETSC_SUCCESS);
}
