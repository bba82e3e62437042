/* The slice of a problem: its axes, what the closed moments predict on it, its grid and the fields there. */
#include "solver/problem/problem.h"
#include "solver/problem/axes.h"
#include "solver/problem/domain.h"
#include "solver/problem/problem_keep.h"

/* Closed forms are cheap enough for every cell; networks are sampled at coarse nodes, tables at their own. */
static PetscInt Nodes(SgdProblem *p) {
  static const PetscInt automatic[3] = {33, 17, 13};

  if (p->slice->nodes >= 0) return p->slice->nodes;
  if (SgdLandscapeGetDomain(p->landscape).min) return SgdLandscapeGetDomain(p->landscape).nodes;
  return SgdLandscapeSamples(p->landscape) ? automatic[p->grid->dim - 1] : 0;
}

/* `known`: the interpolation error that was warned of before. */
static PetscErrorCode CheckFields(SgdProblem *p, PetscInt nodes, double known) {
  double floor;

  PetscFunctionBegin;
  if (p->fields->interpolation_error > PetscMax(1e-3, 2 * known))
    PetscCall(SgdWarn(p->comm,
                      "the landscape between the coarse nodes is only known to %.2g of its range: raise slice.nodes "
                      "(now %" PetscInt_FMT ")",
                      p->fields->interpolation_error, nodes));
  PetscCall(SgdFieldsCovarianceFloor(p->fields, &floor));
  if (floor < -1e-12)
    return SgdFail(p->comm, SGD_EXIT_NUMBERS,
                   "the noise covariance is not positive semidefinite in the box (lowest eigenvalue %.3g of the "
                   "trace): raise slice.nodes or shrink the box",
                   floor);
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReportFields(SgdProblem *p, PetscInt nodes) {
  PetscFunctionBegin;
  if (nodes)
    PetscCall(SgdSay(p->comm,
                     "Fields: %" PetscInt_FMT
                     " Chebyshev nodes per axis, interpolation error %.2g of the range at test points\n",
                     nodes, p->fields->interpolation_error));
  PetscCall(SgdSay(p->comm, "Mean gradient out of the slice: at most %.3g of the largest gradient in the box\n",
                   p->fields->outside_share));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The constants of the equations: C of one step and D = eta C/2 at the reference point. */
static PetscErrorCode ReportNoise(SgdProblem *p) {
  const SgdSgdOptions *sgd = p->settings.sgd;
  const int d = p->frame->dim;
  const double factor = SgdLandscapeBatchFactor(p->landscape, sgd->batch_size, SgdSettingsSampling(&p->settings));
  double loss, g[3], C[9];

  PetscFunctionBegin;
  PetscCall(SgdLandscapePoint(p->landscape, p->w_ref, d, p->frame->V, &loss, g, C, NULL));
  PetscCall(SgdSay(p->comm, "Constants at the reference point: eta = %g", sgd->learning_rate));
  for (int a = 0; a < d; a++)
    for (int b = a; b < d; b++)
      PetscCall(SgdSay(p->comm, ", C_%d%d = %.5g (D_%d%d = eta C/2 = %.5g)", a + 1, b + 1, factor * C[a * d + b], a + 1,
                       b + 1, 0.5 * sgd->learning_rate * factor * C[a * d + b]));
  PetscCall(SgdSay(p->comm, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemFields(SgdProblem *p, int piece) {
  const SgdFieldsContext ctx = {.landscape = p->landscape,
                                .frame = p->frame,
                                .batch = p->settings.schedule.batch[piece],
                                .sampling = SgdSettingsSampling(&p->settings),
                                .learning_rate = p->settings.sgd->learning_rate,
                                .momentum = p->settings.sgd->momentum,
                                .nodes = Nodes(p),
                                .halo = 8};
  SgdFields last = piece ? p->fields : NULL;

  PetscFunctionBegin;
  PetscCall(SgdCoMovingEnter(p->co_moving, piece));
  PetscCall(SgdFieldsCreate(p->grid, &ctx, &p->fields));
  PetscCall(CheckFields(p, ctx.nodes, last ? last->interpolation_error : 0));
  if (last) { /* the worst of all pieces stands */
    p->fields->interpolation_error = PetscMax(p->fields->interpolation_error, last->interpolation_error);
    p->fields->outside_share = PetscMax(p->fields->outside_share, last->outside_share);
  }
  PetscCall(SgdFieldsDestroy(&last));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The landscape must be known along the mean path. The schedule gets a piece for each refresh of the fields. */
static PetscErrorCode FollowMeanPath(SgdProblem *p, SgdSchedule *uncut) {
  PetscFunctionBegin;
  SgdCaseCheck(p->kase, !SgdLandscapeGetDomain(p->landscape).min, "slice.follow",
               "this landscape is known in a box only, which the mean path would leave: mean_path needs the network "
               "itself");
  *uncut = p->settings.schedule;
  PetscCall(SgdScheduleCut(uncut, p->slice->refresh, &p->settings.schedule));
  PetscCall(SgdCoMovingCreate(p->landscape, p->frame, &p->settings.schedule, p->settings.sgd->momentum, &p->co_moving));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The closed moments on the slice, and what they say of a slice that is frozen or follows the mean. */
static PetscErrorCode Predict(SgdProblem *p) {
  SgdSchedule uncut;

  PetscFunctionBegin;
  if (SgdSliceFollows(p->slice)) PetscCall(FollowMeanPath(p, &uncut));
  PetscCall(SgdPredictionCompute(p->landscape, p->frame, &p->settings, p->co_moving, &p->prediction));
  if (!p->co_moving) {
    PetscCall(
        SgdDriftReport(p->landscape, p->frame, &p->settings, p->prediction, &p->gradient_norm, &p->drift, &p->spread));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  p->spread = SgdPredictionSpread(p->prediction);
  PetscCall(SgdCoMovingReport(p->co_moving, &p->settings, &uncut, p->slice->refresh, p->spread));
  p->gradient_norm = p->co_moving->gradient_norm;
  p->drift = SgdCoMovingDistance(p->co_moving);
  PetscCall(SgdScheduleFree(&uncut));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemSlice(SgdProblem *p) {
  SgdSliceNeed need;

  PetscFunctionBegin;
  if (p->resume)
    PetscCall(SgdKeepFrame(p, p->resume));
  else
    PetscCall(SgdAxesChoose(p->kase, p->slice, p->landscape, p->w_ref, p->spectrum, &p->frame));
  if (p->settings.sgd->momentum > 0) PetscCall(PetscStrncpy(p->frame->name[1], "velocity", sizeof p->frame->name[1]));
  PetscCall(Predict(p));
  SgdPredictionNeed(p->prediction, p->slice, &need);
  PetscCall(SgdDomainApply(p->kase, p->slice, p->landscape, p->frame, &need));
  if (p->resume)
    PetscCall(SgdKeepGrid(p, p->resume));
  else
    PetscCall(SgdSliceGrid(p->kase, p->slice, p->comm, &need, &p->grid));
  for (int a = 0; a < p->grid->dim; a++)
    PetscCall(SgdSay(
        p->comm, "Axis %d: %s, lambda = %.6g, eta lambda = %.4g, [%.4g, %.4g] in %" PetscInt_FMT " cells of %.3g\n",
        a + 1, p->frame->name[a], p->frame->lambda[a], p->frame->lambda[a] * p->settings.sgd->learning_rate,
        p->grid->min[a], p->grid->max[a], p->grid->n[a], p->grid->h[a]));
  PetscCall(SgdProblemFields(p, 0));
  PetscCall(ReportFields(p, Nodes(p)));
  PetscCall(ReportNoise(p));
  PetscFunctionReturn(PETSC_SUCCESS);
}
