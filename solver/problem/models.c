#include "solver/problem/models.h"
#include "cases/base/package.h"
#include "meshes/coarsen.h"
#include "solver/measures/field_error.h"
#include "solver/problem/jumps.h"
#include "solver/problem/seam.h"

PetscInt SgdModelsNodes(int dim) {
  static const PetscInt automatic[3] = {33, 17, 13};
  return automatic[dim - 1];
}

/* Closed forms are cheap enough for every cell; networks are sampled at coarse nodes, tables at their own. */
static PetscInt Nodes(const SgdModels *m) {
  const SgdLandscape l = m->context.landscape;

  if (m->context.nodes >= 0) return m->context.nodes;
  if (SgdLandscapeGetDomain(l).min) return SgdLandscapeGetDomain(l).nodes;
  return SgdLandscapeSamples(l) ? SgdModelsNodes(m->grid->dim) : 0;
}

#define DRIFT_KNOWN 0.02

/* The interpolation's error against the drift and the noise where the mass is, not against the box's ends: along an axis
   lambda times the narrower of both models' predicted deviations, and a step's noise over eta. */
static PetscErrorCode CheckDrift(const SgdModels *m) {
  const SgdPrediction p = m->context.slice->prediction;
  const SgdFields f = m->fields;
  const int d = m->grid->dim;

  PetscFunctionBegin;
  for (int a = 0; a < m->context.slice->frame->dim && p->dim == d; a++) {
    double range = 0, deviation = PETSC_MAX_REAL;
    for (PetscInt i = 0; i < f->last_cell - f->first_cell; i++) range = PetscMax(range, PetscAbsReal(f->g[a][i]));
    PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, &range, 1, MPI_DOUBLE, MPI_MAX, m->grid->comm));
    for (int kind = 0; kind < 2; kind++)
      deviation = PetscMin(deviation, sqrt(p->cov[kind][p->steps * d * d + a * (d + 1)]));
    const double inside =
        hypot(m->context.slice->frame->lambda[a] * deviation, p->step_noise[a] / m->context.sgd->learning_rate);
    if (f->interpolation_error * range > DRIFT_KNOWN * inside && deviation > 0)
      PetscCall(SgdWarn(
          m->grid->comm,
          "axis %d: not resolved: where the mass is the drift is only known to %.2g of itself and the noise, for the "
          "nodes must follow the landscape to the box's ends: raise slice.nodes (now %d), or narrow "
          "slice.min and slice.max",
          a + 1, f->interpolation_error * range / inside, (int)Nodes(m)));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* `known`: the interpolation error that was warned of before. */
static PetscErrorCode CheckFields(const SgdModels *m, double known) {
  double floor;

  PetscFunctionBegin;
  if (m->fields->interpolation_error > 2 * known) PetscCall(CheckDrift(m));
  if (m->fields->interpolation_error > PetscMax(1e-3, 2 * known))
    PetscCall(SgdWarn(m->grid->comm,
                      "the landscape between the coarse nodes is only known to %.2g of its range: raise slice.nodes "
                      "(now %" PetscInt_FMT ")",
                      m->fields->interpolation_error, Nodes(m)));
  PetscCall(SgdSeamCheck(m->context.landscape, m->context.slice->frame, m->fields));
  PetscCall(SgdJumpCheck(m->context.landscape, m->context.slice->frame, m->grid));
  PetscCall(SgdFieldsCovarianceFloor(m->fields, &floor));
  if (floor < -1e-12)
    return SgdFail(
        m->grid->comm, SGD_EXIT_NUMBERS,
        "the noise covariance is not positive semidefinite in the box (lowest eigenvalue %.3g of the "
        "trace): %s",
        floor,
        m->fields->interpolation_error > 0
            ? "raise slice.nodes or shrink the box"
            : "it is so in the landscape itself: correct its covariance, or shrink the box to where it holds");
  PetscFunctionReturn(PETSC_SUCCESS);
}

static SgdFieldsContext FieldsContext(const SgdModels *m, int piece) {
  const SgdSgdOptions *sgd = m->context.sgd;
  const SgdSliceStage *slice = m->context.slice;

  return (SgdFieldsContext){.landscape = m->context.landscape,
                            .frame = slice->frame,
                            .batch = slice->schedule.batch[piece],
                            .sampling = SgdSettingsSampling(sgd),
                            .learning_rate = sgd->learning_rate,
                            .momentum = sgd->momentum,
                            .rule = SgdSettingsRule(sgd),
                            .nodes = Nodes(m),
                            .halo = 8};
}

/* The fields of a piece, in place of those of the last one; what is reported of them is the worst of all pieces. */
static PetscErrorCode SampleFields(SgdModels *m, int piece) {
  const SgdSliceStage *slice = m->context.slice;
  const SgdFieldsContext ctx = FieldsContext(m, piece);
  SgdFields last = m->fields;

  PetscFunctionBegin;
  PetscCall(SgdCoMovingEnter(slice->co_moving, piece));
  SgdLogged(SGD_Fields, SgdFieldsCreate(m->grid, &ctx, &m->fields));
  PetscCall(CheckFields(m, last ? last->interpolation_error : 0));
  if (last) {
    m->fields->interpolation_error = PetscMax(m->fields->interpolation_error, last->interpolation_error);
    m->fields->outside_share = PetscMax(m->fields->outside_share, last->outside_share);
    m->fields->drift_error = last->drift_error;
    m->fields->noise_error = last->noise_error;
  }
  PetscCall(SgdFieldsDestroy(&last));
  m->piece = piece;
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsCreate(const SgdModelsContext *context, SgdModelList *list, SgdGrid grid, SgdModels *m) {
  PetscFunctionBegin;
  *m = (SgdModels){.context = *context, .grid = grid, .count = list->count, .model = list->model};
  PetscCall(SampleFields(m, 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpOne(SgdModels *m, int k, const SgdStep *step) {
  PetscErrorCode ierr;

  PetscFunctionBegin;
  ierr = SgdModelSetUp(m->model[k], step);
  m->failed[k] = (PetscBool)(ierr && SgdExitCode(ierr) == SGD_EXIT_NUMBERS);
  if (!m->failed[k]) PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsCheckAny(const SgdModels *m) {
  for (int k = 0; k < m->count; k++)
    if (!m->failed[k]) return PETSC_SUCCESS;
  return SgdErrorCode(SGD_EXIT_NUMBERS); /* each has said why */
}

PetscErrorCode SgdModelsSetUp(SgdModels *m) {
  const SgdSchedule *s = &m->context.slice->schedule;
  SgdStep step = {.landscape = m->context.landscape,
                  .frame = m->context.slice->frame,
                  .fields = m->fields,
                  .learning_rate = s->eta[m->piece],
                  .batch = s->batch[m->piece],
                  .sampling = SgdSettingsSampling(m->context.sgd),
                  .rule = SgdSettingsRule(m->context.sgd)};

  PetscFunctionBegin;
  SgdPredictionSupport(m->context.slice->prediction, &step.support);
  for (int k = 0; k < m->count; k++) SgdLogged(SGD_ModelSetUp, SetUpOne(m, k, &step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Frozen slices: the noise by the ratios of the batches, piece by piece, so that a restart rounds as the run did. */
PetscErrorCode SgdModelsEnter(SgdModels *m, int piece) {
  const SgdSampling sampling = SgdSettingsSampling(m->context.sgd);
  const PetscInt *batch = m->context.slice->schedule.batch;
  const SgdLandscape l = m->context.landscape;

  PetscFunctionBegin;
  if (m->context.slice->co_moving)
    PetscCall(SampleFields(m, piece));
  else
    for (int k = m->piece + 1; k <= piece; k++)
      PetscCall(SgdFieldsScaleNoise(m->fields, SgdLandscapeBatchFactor(l, batch[k], sampling) /
                                                   SgdLandscapeBatchFactor(l, batch[k - 1], sampling)));
  m->piece = piece;
  PetscCall(SgdModelsSetUp(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsCheckFields(const SgdModels *m, Vec y, PetscInt horizon, uint64_t stream, const char *when) {
  const SgdFieldsContext ctx = FieldsContext(m, m->piece);
  SgdFields f = m->fields;
  const double before = PetscMax(f->drift_error, f->noise_error);

  PetscFunctionBegin;
  PetscCall(SgdFieldErrorAtMass(f, &ctx, y, horizon, stream));
  if (PetscMax(f->drift_error, f->noise_error) > PetscMax(DRIFT_KNOWN, 2 * before))
    PetscCall(
        SgdWarn(m->grid->comm,
                "%s: not resolved: at %d points where the mass is, the interpolated drift is only "
                "known to %.2g of itself and the noise to %.2g (%g wanted): raise slice.nodes (now %d), or narrow "
                "slice.min and slice.max",
                when, SGD_FIELD_POINTS, f->drift_error, f->noise_error, DRIFT_KNOWN, (int)ctx.nodes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsViewFields(const SgdModels *m) {
  const PetscInt nodes = Nodes(m);

  PetscFunctionBegin;
  if (nodes)
    PetscCall(SgdSay(m->grid->comm,
                     "Fields: %" PetscInt_FMT
                     " Chebyshev nodes per axis, interpolation error %.2g of the range at test points\n",
                     nodes, m->fields->interpolation_error));
  PetscCall(SgdSay(m->grid->comm, "Mean gradient out of the slice: at most %.3g of the largest gradient in the box\n",
                   m->fields->outside_share));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ViewModel(SgdModel model, MPI_Comm comm) {
  const SgdFigure *figure;
  const char *note = SgdModelNotes(model);
  char equation[512];
  int count;

  PetscFunctionBegin;
  PetscCall(SgdModelEquation(model, equation, sizeof equation));
  PetscCall(SgdSay(comm, "  %s %s\n", SgdModelName(model), equation));
  for (size_t length; (length = strcspn(note, "\n")); note += length + (note[length] == '\n'))
    PetscCall(SgdSay(comm, "    %.*s\n", (int)length, note));
  PetscCall(SgdModelFigures(model, &count, &figure));
  for (int k = 0; k < count; k++)
    PetscCall(
        SgdSay(comm, "    %s: %.4g%s\n", figure[k].name, figure[k].value, figure[k].ok ? "" : "  (beyond its limit)"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsView(const SgdModels *m) {
  const MPI_Comm comm = m->grid->comm;

  PetscFunctionBegin;
  if (m->piece > 0 && m->context.slice->co_moving) {
    PetscCall(SgdSay(comm, "  models set up anew further down the mean path, from step %" PetscInt_FMT "\n",
                     m->context.slice->schedule.start[m->piece]));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdSay(comm, "Models%s:\n", m->piece ? " of the next piece of the schedule" : ""));
  for (int k = 0; k < m->count; k++)
    if (m->failed[k])
      PetscCall(SgdSay(comm, "  %s could not be set up: left out\n", SgdModelName(m->model[k])));
    else
      PetscCall(ViewModel(m->model[k], comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModelsDestroy(SgdModels *m) {
  return SgdFieldsDestroy(&m->fields);
}

PetscErrorCode SgdHalfModelsCreate(const SgdModels *fine, SgdHalfModels *half) {
  const SgdGrid grid = fine->grid;

  PetscFunctionBegin;
  for (int a = 0; a < grid->dim; a++)
    SgdCaseCheck(fine->context.kase, grid->n[a] % 2 == 0 && grid->n[a] >= 8, "slice.cells",
                 "check.error halves the grid: axis %d needs an even number of cells, at least 8, and has %d", a + 1,
                 (int)grid->n[a]);
  PetscCall(SgdHalveGrid(grid, &half->grid));
  PetscCall(SgdModelListDuplicate(fine->count, fine->model, &half->list));
  PetscCall(SgdModelsCreate(&fine->context, &half->list, half->grid, &half->models));
  PetscCall(SgdModelsSetUp(&half->models));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHalfModelsDestroy(SgdHalfModels *half) {
  PetscFunctionBegin;
  PetscCall(SgdModelsDestroy(&half->models));
  PetscCall(SgdModelListDestroy(&half->list));
  PetscCall(SgdGridDestroy(&half->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}
