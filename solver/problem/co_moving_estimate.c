/* What a co-moving slice leaves out, from closed moments: the change of its fields within a refresh interval, and the
   noise that the frozen complement feeds into it. */
#include "solver/problem/co_moving.h"
#include "operators/linearised/path_adjoint.h"
#include "solver/problem/prediction.h"

/* SGD's variances at the end on the slice alone, by the closed moments on the pieces of `schedule`. */
static PetscErrorCode Alone(SgdCoMoving c, const SgdSgdOptions *sgd, const SgdInitialOptions *initial,
                            const SgdSchedule *schedule, double variance[]) {
  SgdPrediction p;

  PetscFunctionBegin;
  PetscCall(SgdPredictionOfSGD(c->landscape, c->frame, sgd, initial, schedule, c, &p));
  for (int a = 0; a < c->frame->dim; a++)
    variance[a] = p->cov[0][(size_t)p->steps * (size_t)(p->dim * p->dim) + (size_t)(a * (p->dim + 1))];
  PetscCall(SgdPredictionDestroy(&p));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The largest relative change of a variance when the intervals are twice as long. The frame is at the
   reference point. */
static PetscErrorCode RefreshError(SgdCoMoving c, const SgdSgdOptions *sgd, const SgdInitialOptions *initial,
                                   const SgdSchedule *cut, const SgdSchedule *uncut, int refresh) {
  double fine[3], coarse[3];
  SgdSchedule twice;
  SgdCoMoving other;

  PetscFunctionBegin;
  PetscCall(SgdScheduleCut(uncut, 2 * refresh, &twice));
  PetscCall(SgdCoMovingCreate(c->landscape, c->frame, &twice, sgd->momentum, &other));
  if (c->mean.trajectories) PetscCall(SgdCoMovingFollowMean(other, &twice, &c->mean));
  PetscCall(Alone(other, sgd, initial, &twice, coarse));
  PetscCall(SgdCoMovingDestroy(&other));
  PetscCall(SgdScheduleFree(&twice));
  PetscCall(Alone(c, sgd, initial, cut, fine));
  c->refresh_change = 0;
  for (int a = 0; a < c->frame->dim; a++)
    c->refresh_change = PetscMax(c->refresh_change, PetscAbsReal(coarse[a] / fine[a] - 1));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* From a spread of next to nothing, what a mode of the whole network spreads to, and the slice alone. */
static PetscErrorCode WholeNetwork(SgdCoMoving c, const SgdSgdOptions *sgd, const SgdInitialOptions *given,
                                   const SgdSchedule *cut, int refresh) {
  double nothing[3] = {1e-130, 1e-130, 1e-130}; /* its square must not underflow */
  SgdInitialOptions initial = *given;
  SgdPath path;

  PetscFunctionBegin;
  initial.std = nothing;
  initial.std_count = (unsigned)c->frame->dim;
  PetscCall(Alone(c, sgd, &initial, cut, c->alone));
  PetscCall(SgdPathCreate(c->landscape, c->start, sgd->learning_rate, sgd->steps, refresh, &path));
  PetscCall(SgdPathAdjoint(path, sgd->batch_size, SgdSettingsSampling(sgd), c->frame->dim, c->frame->V, c->whole));
  PetscCall(SgdPathDestroy(&path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The variances at the end with a complement that spreads: of all members, and the standard error by groups of them. */
static PetscErrorCode Spread(SgdCoMoving c, const SgdSgdOptions *sgd, const SgdInitialOptions *initial,
                             const SgdSchedule *cut) {
  const int G = SGD_COMPLEMENT_GROUPS, d = c->frame->dim;
  double v[3], sum[3] = {0}, square[3] = {0};

  PetscFunctionBegin;
  PetscCall(Alone(c, sgd, initial, cut, c->spread));
  for (int g = 0; g < G; g++) {
    SgdComplementOnly(c->complement, g);
    PetscCall(Alone(c, sgd, initial, cut, v));
    for (int a = 0; a < d; a++) sum[a] += v[a] - c->spread[a], square[a] += PetscSqr(v[a] - c->spread[a]);
  }
  SgdComplementOnly(c->complement, -1);
  for (int a = 0; a < d; a++) c->spread_error[a] = sqrt(PetscMax(0, square[a] - sum[a] * sum[a] / G) / (G * (G - 1.0)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

#define DOUBTFUL 0.1

/* The same in words; a warning where the members are too few. */
static PetscErrorCode ViewSpread(SgdCoMoving c, MPI_Comm comm) {
  PetscFunctionBegin;
  for (int a = 0; a < c->frame->dim; a++) {
    PetscCall(SgdSay(comm,
                     "  axis %d, the complement spread as %d trajectories are: variance %.4g +- %.2g at the end, "
                     "linearised (the error is of their number, and is in every model's density)\n",
                     a + 1, c->mean.trajectories, c->spread[a], c->spread_error[a]));
    if (c->spread_error[a] > DOUBTFUL * c->spread[a])
      PetscCall(SgdWarn(comm,
                        "axis %d: %d trajectories leave the variance uncertain by %.2g of itself: raise "
                        "slice.mean_trajectories",
                        a + 1, c->mean.trajectories, c->spread_error[a] / c->spread[a]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingEstimate(SgdCoMoving c, const SgdSgdOptions *sgd, const SgdInitialOptions *initial,
                                   const SgdSchedule *cut, const SgdSchedule *uncut, int refresh) {
  PetscFunctionBegin;
  PetscCall(SgdCoMovingLeave(c));
  PetscCall(RefreshError(c, sgd, initial, cut, uncut, refresh));
  if (c->refresh_change > 0.2)
    PetscCall(SgdWarn(SgdLandscapeComm(c->landscape),
                      "the fields change much within %d steps of the mean path: lower slice.refresh", refresh));
  if (c->complement) PetscCall(Spread(c, sgd, initial, cut));
  if (!c->mean.trajectories && uncut->pieces == 1 && sgd->momentum == 0 && c->frame->P > c->frame->dim)
    PetscCall(WholeNetwork(c, sgd, initial, cut, refresh));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCoMovingView(SgdCoMoving c, int refresh, double spread) {
  const MPI_Comm comm = SgdLandscapeComm(c->landscape);

  PetscFunctionBegin;
  PetscCall(SgdSay(comm,
                   "Co-moving slice: |mean gradient| at the reference point %.3g; the %s moves %.3g over the "
                   "horizon, the narrowest spread is %.3g\n",
                   c->gradient_norm, c->mean.trajectories ? "mean of a few trajectories" : "mean path",
                   SgdCoMovingDistance(c), spread));
  PetscCall(SgdSay(comm,
                   "  fields refreshed every %d steps: with twice that the predicted variances change by %.2g at most, "
                   "three times the error\n",
                   refresh, c->refresh_change));
  if (c->complement) PetscCall(ViewSpread(c, comm));
  for (int a = 0; a < c->frame->dim && !PetscIsNanReal(c->whole[a]); a++)
    PetscCall(SgdSay(comm,
                     "  axis %d, linearised, from no spread: variance %.4g on the slice alone, %.4g in the whole "
                     "network (the slice drops how its axes and the rest mix along the path)\n",
                     a + 1, c->alone[a], c->whole[a]));
  PetscFunctionReturn(PETSC_SUCCESS);
}
