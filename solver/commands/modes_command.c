/* The commands modes and sample: how far each mode spreads, predicted, and measured by trajectories. */
#include "solver/commands/preparation.h"
#include "cases/base/node_memory.h"
#include "cases/base/package.h"
#include "solver/commands/sample.h"
#include "solver/ensemble/control_variate.h"
#include "solver/ensemble/ensemble_losses.h"
#include "solver/modes/mode_covariance.h"
#include "solver/modes/mode_rotation.h"
#include "solver/modes/modes_memory.h"
#include "solver/output/status.h"
#include "solver/restart/interrupt.h"

/* What these predictions do not cover. */
static PetscErrorCode CheckCase(const SgdSections *s) {
  PetscFunctionBegin;
  SgdCaseCheck(s->kase, s->settings.sgd->momentum == 0, "sgd.momentum",
               "the commands modes and sample predict plain SGD; for trajectories with momentum set "
               "trajectories.optimizer to heavy_ball");
  SgdCaseCheck(s->kase, !SgdSettingsRule(s->settings.sgd), "optimizer",
               "the commands modes and sample predict plain SGD; for trajectories of another optimizer set "
               "trajectories.optimizer");
  SgdCaseCheck(s->kase, s->settings.schedule.pieces == 1, "schedule",
               "the commands modes and sample take a constant learning rate");
  SgdCaseCheck(s->kase, strcmp(s->trajectories->method, "growing") || s->settings.sgd->draw != SGD_DRAW_EPOCH,
               "trajectories.method",
               "growing takes batches that are independent of each other, not those of an epoch");
  SgdCaseCheck(s->kase,
               !s->trajectories->control ||
                   (SgdLandscapeSamples(s->landscape) && s->settings.sgd->draw != SGD_DRAW_EPOCH),
               "trajectories.control", "control variates take independent batches of samples");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Before any work; a restart goes on with what was there. */
static PetscErrorCode CheckMemory(const SgdWork *work) {
  const SgdSections *s = work->sections;
  const SgdTrajectoriesOptions *t = s->trajectories;
  const int modes = (t->list_count ? (int)t->list_count : t->modes + t->flat + t->smallest) + t->random;
  const PetscInt P = SgdLandscapeDimension(s->landscape);
  const char *whole;
  double free;

  PetscFunctionBegin;
  PetscCall(SgdNodeMemory(SgdCaseComm(s->kase), &free));
  const PetscBool shared = SgdModesShared(s->spectrum, s->closure, t, P, &whole);
  PetscCall(SgdModesCheckMemory(s->kase, P, SgdLandscapeSamples(s->landscape), modes, s->settings.sgd->steps,
                                s->closure, shared, whole, free));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows' vectors, and how they lie where that is a question. */
static PetscErrorCode TakeVectors(const SgdSections *s, SgdSpectrum spectrum, SgdModes *modes) {
  const char *whole;
  const PetscBool shared = SgdModesShared(s->spectrum, s->closure, s->trajectories, spectrum->P, &whole);

  PetscFunctionBegin;
  PetscCall(SgdModesTakeVectors(spectrum, shared, modes));
  if (!spectrum->distributed) PetscFunctionReturn(PETSC_SUCCESS);
  if (shared)
    PetscCall(SgdSay(SgdCaseComm(s->kase), "Vectors of the %d modes: shared out over the ranks, %.3g MB on each\n",
                     modes->count, 8e-6 * modes->count * (double)modes->shares->count[0]));
  else
    PetscCall(SgdSay(SgdCaseComm(s->kase), "Vectors of the %d modes: whole on every rank for %s, %.3g MB\n",
                     modes->count, whole, 8e-6 * modes->count * (double)spectrum->P));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The closures take every step's batch as independent of the others. Over an epoch without replacement they are not:
   what one batch pulls the rest of the epoch pulls back, and the spread is smaller by orders of magnitude. */
static PetscErrorCode NoPrediction(const SgdSections *s, SgdSpectrum spectrum, SgdModes *modes) {
  PetscFunctionBegin;
  SgdCaseCheck(s->kase,
               s->closure->max_relative_error == 0 && s->closure->min_log_correlation == 0 &&
                   s->closure->max_coupled_error == 0,
               "closure", "with sgd.sampling epoch there is no prediction to hold to an expectation");
  PetscCall(SgdWarn(SgdCaseComm(s->kase),
                    "sgd.sampling epoch: no closures: they take each step's batch as independent of the "
                    "others, and the batches of an epoch are not (their pulls cancel over the epoch); what is given is "
                    "measured by trajectories%s, and the table of the spectrum above is for independent batches",
                    s->closure->linear ? ", and predicted by those of the random linear model"
                                       : ", and closure.linear predicts it"));
  modes->refresh_error = NAN;
  for (int k = 0; k < modes->count; k++) {
    SgdModeRow *r = &modes->row[k];
    SgdModePrediction *p = &spectrum->mode[r->mode].prediction;
    r->start = r->proxy = NAN;
    p->variance_horizon = p->variance_stationary = p->variance_langevin = NAN;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum and the predicted spread of its modes; after a restart both are the checkpoint's. */
static PetscErrorCode PredictModes(SgdWork *work, SgdReference *r, SgdModes *modes) {
  const SgdSections *s = work->sections;
  const SgdTrajectoriesOptions *t = s->trajectories;

  PetscFunctionBegin;
  PetscCall(CheckCase(s));
  if (!work->from) PetscCall(CheckMemory(work));
  PetscCall(SgdPrepareReference(work, PETSC_TRUE, r));
  PetscCall(SgdWriteHead(work, r, NULL));
  if (work->from) {
    PetscCall(SgdSampleRestart(work->from, r, modes));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdInterruptDoing("the prediction of the modes");
  if (t->list_count)
    PetscCall(SgdModesChooseListed(r->spectrum, s->kase, (int)t->list_count, t->list, modes));
  else
    PetscCall(SgdModesChoose(r->spectrum, SgdCaseComm(s->kase), t->modes, t->flat, t->smallest, modes));
  PetscCall(SgdModesAddRandom(modes, s->landscape, r->w_ref, r->spectrum, s->settings.sgd, t->random, t->seed));
  PetscCall(TakeVectors(s, r->spectrum, modes));
  if (s->settings.sgd->draw == SGD_DRAW_EPOCH) {
    PetscCall(NoPrediction(s, r->spectrum, modes));
    SgdLogged(SGD_Modes, SgdModesPredictLinear(modes, s->landscape, r->w_ref, s->settings.sgd, s->closure));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdLogged(SGD_Modes, SgdModesPredict(modes, s->landscape, r->w_ref, r->spectrum, s->settings.sgd, s->closure));
  PetscCall(SgdModesViewClosure(modes, s->settings.sgd->steps, s->closure->refresh, SgdCaseComm(s->kase)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Does the eigenbasis stay put? At half of the steps and at the end. */
static PetscErrorCode Rotation(const SgdWork *work, const SgdReference *r) {
  const SgdSections *s = work->sections;
  const MPI_Comm comm = SgdCaseComm(s->kase);
  const int steps = s->settings.sgd->steps;
  SgdModeRotation turn[2];

  PetscFunctionBegin;
  if (!s->closure->rotation) PetscFunctionReturn(PETSC_SUCCESS);
  for (int i = 0; i < 2; i++) {
    PetscCall(SgdModeRotationCompute(r->landscape, r->w_ref, s->settings.sgd->learning_rate,
                                     i ? steps : PetscMax(1, steps / 2), s->spectrum, s->closure->rotation, &turn[i]));
    PetscCall(SgdModeRotationView(&turn[i], comm));
  }
  PetscCall(SgdModeRotationWrite(2, turn, comm, work->folder));
  for (int i = 0; i < 2; i++) PetscCall(SgdModeRotationFree(&turn[i]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandModes(SgdWork *work) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  SgdReference r;
  SgdModes modes;

  PetscFunctionBegin;
  SgdCaseCheck(work->sections->kase,
               work->sections->settings.sgd->draw != SGD_DRAW_EPOCH || work->sections->closure->linear, "sgd.sampling",
               "epoch: the predictions but that of closure.linear take each step's batch as independent of the others, "
               "and the batches of an epoch "
               "are not; the command sample measures their spread by trajectories");
  PetscCall(PredictModes(work, &r, &modes));
  PetscCall(Rotation(work, &r));
  PetscCall(SgdModesView(&modes, r.spectrum, comm));
  PetscCall(SgdModesWrite(&modes, r.spectrum, NULL, comm, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdReferenceDestroy(&r));
  PetscCall(SgdUnusedOptions(comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The measured variances with less scatter, and how much that is worth. */
static PetscErrorCode Control(const SgdWork *work, const SgdReference *r, SgdModes *modes, SgdEnsemble e) {
  const SgdSections *s = work->sections;
  const SgdSgdOptions *sgd = s->settings.sgd;
  SgdControlled *c;
  SgdPath path;
  double worth = 0;

  PetscFunctionBegin;
  if (!s->trajectories->control) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscMalloc1(modes->count, &c));
  PetscCall(SgdPathCreate(r->landscape, r->w_ref, sgd->learning_rate, sgd->steps, s->closure->refresh, &path));
  PetscCall(SgdControlVariate(path, sgd->batch_size, sgd->draw, s->trajectories->seed, e, modes->V, c));
  PetscCall(SgdPathDestroy(&path));
  for (int k = 0; k < modes->count; k++) {
    modes->row[k].controlled = c[k].variance;
    modes->row[k].controlled_error = c[k].error;
    worth += PetscSqr(modes->row[k].measured.error_jackknife / c[k].error) / modes->count;
  }
  PetscCall(SgdSay(SgdCaseComm(s->kase),
                   "Control variates by the linear walk on the same batches: variance_controlled in modes.csv, worth "
                   "%.2g times the trajectories in the mean over the modes\n",
                   worth));
  PetscCall(PetscFree(c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Rows and covariance of the modes, and the plain ensemble (NULL: it grew). */
static PetscErrorCode Measure(SgdWork *work, const SgdReference *r, SgdModes *modes, SgdEnsemble *e,
                              SgdModeCovariance *c) {
  const SgdSections *s = work->sections;

  PetscFunctionBegin;
  *e = NULL;
  if (!strcmp(s->trajectories->method, "growing")) return SgdSampleGrowing(work, r, modes, c);
  PetscCall(SgdSampleRun(work, r, modes, e));
  PetscCall(SgdModesMeasure(modes, *e));
  PetscCall(Control(work, r, modes, *e));
  PetscCall(SgdModeCovarianceCompute(modes, *e, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandSample(SgdWork *work) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  SgdReference r;
  SgdModeCovariance covariance;
  SgdModes modes;
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCall(PredictModes(work, &r, &modes));
  PetscCall(Measure(work, &r, &modes, &e, &covariance));
  PetscCall(Rotation(work, &r));
  PetscCall(SgdModesView(&modes, r.spectrum, comm));
  PetscCall(SgdModesWrite(&modes, r.spectrum, e, comm, work->folder));
  PetscCall(SgdEnsembleLossesWrite(e, comm, work->folder));
  PetscCall(SgdModesWriteLosses(&modes, e, comm, work->folder));
  PetscCall(SgdModeCovarianceView(&covariance, comm));
  PetscCall(SgdModeCovarianceWrite(&covariance, &modes, comm, work->folder));
  PetscCall(SgdModeCovarianceFree(&covariance));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdCheckpointRemove(comm, work->folder));
  PetscCall(SgdUnusedOptions(comm));
  PetscCall(SgdModesExpect(&modes, work->sections->closure, comm));
  PetscCall(SgdEnsembleDestroy(&e));
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}
