#include "solver/problem/slice_stage.h"
#include "cases/base/package.h"
#include "solver/problem/axes.h"
#include "solver/problem/domain.h"
#include "solver/problem/problem_checkpoint.h"

static PetscErrorCode FitComplement(SgdCase c, const SgdSettings *settings, SgdLandscape l) {
  const SgdSgdOptions *sgd = settings->sgd;

  PetscFunctionBegin;
  SgdCaseCheck(c, sgd->draw != SGD_DRAW_EPOCH, "slice.complement",
               "ensemble: a step's batch must not depend on the last ones, as in sampling: epoch it does");
  for (int k = 0; k < settings->schedule.pieces; k++)
    SgdCaseCheck(c, SgdLandscapeBatchFactor(l, settings->schedule.batch[k], SgdSettingsSampling(sgd)) > 0,
                 "slice.complement", "ensemble: a batch of all samples without replacement has no noise to spread by");
  for (unsigned a = 0; a < settings->initial->mean_count; a++)
    SgdCaseCheck(c, settings->initial->mean[a] == 0, "initial.mean",
                 "with slice.complement: ensemble the mean is the trajectories', 0; got %g",
                 settings->initial->mean[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceStageFit(SgdCase c, const SgdSliceOptions *o, const SgdSettings *settings, SgdLandscape l) {
  const double momentum = settings->sgd->momentum;

  PetscFunctionBegin;
  PetscCall(SgdAxesFit(c, o, SgdLandscapeDimension(l)));
  if (!SgdSliceFollows(o)) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(c, !SgdLandscapeGetDomain(l).min, "slice.follow",
               "this landscape is known in a box only, which the mean path would leave: mean_path needs the network "
               "itself");
  SgdCaseCheck(c, !o->mean || momentum == 0, "slice.follow", "mean: its trajectories are plain SGD's; got momentum %g",
               momentum);
  SgdCaseCheck(c, !o->mean || !SgdSettingsRule(settings->sgd), "slice.follow",
               "mean: its trajectories are plain SGD's, not an optimizer's");
  if (o->mean && o->spreads) PetscCall(FitComplement(c, settings, l));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the trajectories of a complement that spreads need besides. */
static PetscErrorCode SpreadComplement(const SgdSettings *settings, SgdLandscape l, SgdSliceStage *s,
                                       SgdCoMovingMean *mean) {
  double mean0[3];

  PetscFunctionBegin;
  PetscCall(SgdPredictionStart(l, s->frame, settings->sgd, settings->initial, mean0, mean->std0));
  mean->complement = PETSC_TRUE;
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A slice that follows the mean path: the schedule gets a piece for each refresh of the fields. The landscape must be
   known along the path. */
static PetscErrorCode FollowMeanPath(const SgdSliceOptions *o, const SgdSettings *settings, SgdLandscape l,
                                     SgdSliceStage *s) {
  const double momentum = settings->sgd->momentum;

  PetscFunctionBegin;
  PetscCall(SgdScheduleCut(&settings->schedule, o->refresh, &s->schedule));
  PetscCall(SgdCoMovingCreate(l, s->frame, &s->schedule, momentum, &s->co_moving));
  if (!o->mean) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCoMovingMean mean = {.trajectories = o->mean_trajectories, .law = settings->sgd->draw};
  if (o->spreads) PetscCall(SpreadComplement(settings, l, s, &mean));
  PetscCall(SgdCoMovingFollowMean(s->co_moving, &s->schedule, &mean));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the closed moments say of a slice that is frozen or follows the mean. */
static PetscErrorCode Predict(const SgdSliceOptions *o, const SgdSettings *settings, SgdLandscape l, SgdSliceStage *s) {
  const SgdSgdOptions *sgd = settings->sgd;

  PetscFunctionBegin;
  SgdLogged(SGD_Prediction,
            SgdPredictionCompute(l, s->frame, sgd, settings->initial, &s->schedule, s->co_moving, &s->prediction));
  s->spread = SgdPredictionSpread(s->prediction);
  if (!s->co_moving) {
    PetscCall(SgdPredictionFollow(s->prediction, o, l, s->frame, sgd, &s->schedule));
    PetscCall(SgdDriftCompute(l, s->frame, sgd, s->spread, &s->gradient_norm, &s->drift));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdCoMovingEstimate(s->co_moving, sgd, settings->initial, &s->schedule, &settings->schedule, o->refresh));
  s->gradient_norm = s->co_moving->gradient_norm;
  s->drift = SgdCoMovingDistance(s->co_moving);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CreateGrid(SgdCase c, const SgdSliceOptions *o, SgdLandscape l, SgdCheckpoint from,
                                 SgdSliceStage *s) {
  SgdSliceNeed need;

  PetscFunctionBegin;
  SgdPredictionNeed(s->prediction, o, &need);
  PetscCall(SgdDomainApply(c, o, l, s->frame, &need));
  if (from)
    PetscCall(SgdCheckpointGrid(from, SgdCaseComm(c), &s->grid));
  else
    PetscCall(SgdSliceGrid(c, o, SgdCaseComm(c), &need, &s->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceStageCreate(SgdCase c, const SgdSliceOptions *o, const SgdSettings *settings,
                                   const SgdReference *r, SgdCheckpoint from, SgdSliceStage *s) {
  const SgdSchedule *schedule = &settings->schedule;

  PetscFunctionBegin;
  *s = (SgdSliceStage){0};
  if (from)
    PetscCall(SgdCheckpointFrame(from, SgdLandscapeDimension(r->landscape), r->w_ref, &s->frame));
  else
    PetscCall(SgdAxesChoose(c, o, r->landscape, r->w_ref, r->spectrum, &s->frame));
  if (settings->sgd->momentum != 0) PetscCall(PetscStrncpy(s->frame->name[1], "velocity", sizeof s->frame->name[1]));
  for (int a = 1; SgdSettingsRule(settings->sgd) && a < SgdSliceDimension(o); a++)
    PetscCall(PetscStrncpy(s->frame->name[a], SgdRuleAxis(settings->sgd->rule.kind, a), sizeof s->frame->name[a]));
  if (SgdSliceFollows(o))
    PetscCall(FollowMeanPath(o, settings, r->landscape, s));
  else
    PetscCall(SgdScheduleCut(schedule, schedule->steps, &s->schedule));
  PetscCall(Predict(o, settings, r->landscape, s));
  PetscCall(CreateGrid(c, o, r->landscape, from, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceStageView(const SgdSliceStage *s, double learning_rate, int refresh) {
  const SgdGrid grid = s->grid;

  PetscFunctionBegin;
  if (s->co_moving)
    PetscCall(SgdCoMovingView(s->co_moving, refresh, s->spread));
  else
    PetscCall(SgdDriftView(grid->comm, s->gradient_norm, s->drift, s->spread));
  PetscCall(SgdPredictionViewReach(s->prediction, grid->comm));
  for (int a = 0; a < grid->dim; a++)
    PetscCall(SgdSay(grid->comm,
                     "Axis %d: %s, lambda = %.6g, eta lambda = %.4g, [%.4g, %.4g] in %" PetscInt_FMT " cells of %.3g\n",
                     a + 1, s->frame->name[a], s->frame->lambda[a], s->frame->lambda[a] * learning_rate, grid->min[a],
                     grid->max[a], grid->n[a], grid->h[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceStageViewNoise(const SgdSliceStage *s, const SgdReference *r, const SgdSgdOptions *sgd) {
  const int d = s->frame->dim;
  const double factor = SgdLandscapeBatchFactor(r->landscape, sgd->batch_size, SgdSettingsSampling(sgd));
  const MPI_Comm comm = s->grid->comm;
  double loss, g[3], C[9];

  PetscFunctionBegin;
  PetscCall(SgdLandscapePoint(r->landscape, r->w_ref, d, s->frame->V, &loss, g, C, NULL));
  PetscCall(SgdSay(comm, "Constants at the reference point: eta = %g", sgd->learning_rate));
  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++)
      PetscCall(SgdSay(comm, ", C_%d%d = %.5g (D_%d%d = eta C/2 = %.5g)", a + 1, b + 1, factor * C[a * d + b], a + 1,
                       b + 1, 0.5 * sgd->learning_rate * factor * C[a * d + b]));
  PetscCall(SgdSay(comm, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSliceStageDestroy(SgdSliceStage *s) {
  PetscFunctionBegin;
  PetscCall(SgdGridDestroy(&s->grid));
  PetscCall(SgdPredictionDestroy(&s->prediction));
  PetscCall(SgdCoMovingDestroy(&s->co_moving));
  PetscCall(SgdScheduleFree(&s->schedule));
  PetscCall(SgdFrameDestroy(&s->frame));
  PetscFunctionReturn(PETSC_SUCCESS);
}
