/* The commands run and check: everything; and all that can be told without training or stepping. */
#include "solver/commands/preparation.h"
#include "solver/commands/summary.h"
#include "solver/comparison/compare.h"
#include "solver/comparison/estimate.h"
#include "solver/comparison/estimate_network.h"
#include "solver/comparison/one_step.h"
#include "solver/comparison/stable_scales.h"
#include "solver/restart/stages.h"
#include "solver/output/status.h"
#include "solver/problem/initial_density.h"

static PetscErrorCode Compare(SgdWork *work, const SgdReference *r, SgdModels *models, SgdHistory *history,
                              double seconds[]) {
  const SgdSections *s = work->sections;
  const SgdComparisonContext context = {.models = models,
                                        .reference = s->reference,
                                        .point = r,
                                        .settings = &s->settings,
                                        .leaps = s->leaps,
                                        .folder = work->folder,
                                        .argc = work->invocation->argc,
                                        .argv = work->invocation->argv,
                                        .ready = work->result ? NULL : SgdUnaskedOptions,
                                        .began = work->began};

  return SgdCompareRun(&context, &work->from, history, seconds);
}

/* What was measured goes to the program that wants it, whose options are its own; and to the case's expectations. */
static PetscErrorCode Close(SgdWork *work, SgdGrid grid, SgdHistory *history) {
  const SgdSections *s = work->sections;

  PetscFunctionBegin;
  if (work->result) {
    *work->result = (SgdResult){.history = *history, .dim = grid->dim};
    PetscCall(PetscArraycpy(work->result->n, grid->n, 3));
    PetscCall(PetscArraycpy(work->result->min, grid->min, 3));
    PetscCall(PetscArraycpy(work->result->max, grid->max, 3));
  } else
    PetscCall(SgdUnusedOptions(grid->comm));
  PetscCall(SgdExpectCheck(s->kase, &s->expect, history, grid->dim));
  if (!work->result) PetscCall(SgdHistoryFree(history));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Exit 3 where a model failed; everything else is done and written. */
static PetscErrorCode Failures(MPI_Comm comm, const SgdHistory *h, const char *folder) {
  int failed = 0, first = -1;

  PetscFunctionBegin;
  for (int m = 0; m < h->models; m++)
    if (SgdHistoryFailed(h, m) >= 0) {
      if (first < 0) first = m;
      failed++;
    }
  if (failed)
    return SgdFail(comm, SGD_EXIT_NUMBERS,
                   "%d of %d models failed (the first: %s, at step %" PetscInt_FMT
                   "); see verdict.csv and summary.json in %s",
                   failed, h->models, h->model[first], h->step[SgdHistoryFailed(h, first)], folder);
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define WORTH 50 /* steps from which on one more is nothing */

/* Not where work goes on that was begun with one. */
static PetscErrorCode EstimateWork(SgdWork *work, const SgdModels *models) {
  const PetscInt steps = work->sections->settings.sgd->steps;

  PetscFunctionBegin;
  if (work->from || steps < WORTH) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdStagePush("Estimate"));
  PetscCall(SgdEstimateView(models, steps));
  PetscCall(SgdStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandRun(SgdWork *work) {
  const SgdSections *s = work->sections;
  const MPI_Comm comm = SgdCaseComm(s->kase);
  SgdHistory history = {0};
  double seconds[SGD_MAX_MODELS];
  SgdReference r;
  SgdSliceStage slice;
  SgdModels models;

  PetscFunctionBegin;
  PetscCall(SgdSectionsFit(s));
  PetscCall(SgdPrepareReference(work, PETSC_TRUE, &r));
  PetscCall(SgdPrepareModels(work, &r, &slice, &models));
  PetscCall(SgdOneStepCheck(&models, s->reference, &s->settings));
  PetscCall(SgdWriteHead(work, &r, &slice));
  PetscCall(EstimateWork(work, &models));
  PetscCall(Compare(work, &r, &models, &history, seconds));
  PetscCall(SgdSummaryWrite(s, &models, &history, seconds, work->folder));
  PetscCall(SgdOneStepWrite(&models, s->reference, &s->settings, work->folder));
  PetscCall(SgdStableScalesWrite(&models, &s->settings, &history, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdCheckpointRemove(comm, work->folder));
  const PetscErrorCode failed = Failures(comm, &history, work->folder);
  PetscCall(Close(work, slice.grid, &history));
  PetscCall(failed);
  PetscCall(SgdModelsDestroy(&models));
  PetscCall(SgdSliceStageDestroy(&slice));
  PetscCall(SgdReferenceDestroy(&r));
  PetscCall(
      SgdSay(comm, "Done: %s/summary.json, density.xmf (ParaView), plots by postprocess/plot.py\n", work->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckSetUp(const SgdModels *models) {
  PetscFunctionBegin;
  for (int m = 0; m < models->count; m++)
    if (models->failed[m])
      return SgdFail(models->grid->comm, SGD_EXIT_NUMBERS, "model %s cannot be set up; the others can",
                     SgdModelName(models->model[m]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Grid, fields, the initial density, and every model's stability and resolution. */
static PetscErrorCode CheckModels(SgdWork *work) {
  SgdReference r;
  SgdSliceStage slice;
  SgdModels models;
  Vec y0;

  PetscFunctionBegin;
  PetscCall(SgdPrepareReference(work, PETSC_FALSE, &r));
  PetscCall(SgdPrepareModels(work, &r, &slice, &models));
  PetscCall(SgdOneStepCheck(&models, work->sections->reference, &work->sections->settings));
  PetscCall(SgdEstimateView(&models, work->sections->settings.sgd->steps));
  PetscCall(SgdInitialDensity(models.grid, models.context.slice->prediction, &y0));
  PetscCall(VecDestroy(&y0));
  PetscCall(CheckSetUp(&models));
  PetscCall(SgdModelsDestroy(&models));
  PetscCall(SgdSliceStageDestroy(&slice));
  PetscCall(SgdReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The resolved case and the figures that can be had without training or stepping: with a network of our own only what
   the case alone says; a slice file holds all that is needed. */
PetscErrorCode SgdCommandCheck(SgdWork *work) {
  const SgdSections *s = work->sections;
  const MPI_Comm comm = SgdCaseComm(s->kase);
  const char *text;

  PetscFunctionBegin;
  PetscCall(SgdCaseText(s->kase, NULL, &text));
  PetscCall(SgdSay(comm, "# The case as resolved:\n%s# End of the case.\n", text));
  PetscCall(SgdSectionsFit(s));
  if (!SgdLandscapeSamples(s->landscape) || SgdLandscapeGetDomain(s->landscape).min) {
    PetscCall(CheckModels(work));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdLandscapeView(s->landscape));
  PetscCall(SgdEstimateNetwork(comm, s->landscape, s->training, s->settings.sgd, &s->models));
  PetscCall(SgdEstimateFields(comm, s->landscape, s->slice));
  PetscCall(SgdSay(comm, "The slice's grid follows from the trained reference point: run the command `spectrum` "
                         "for the modes, `run` for all.\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}
