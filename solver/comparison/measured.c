#include "solver/comparison/measured.h"

struct _p_SgdMeasured {
  const SgdModels *models;
  SgdGrid grid;
  SgdGrowingContext context;
  SgdGrowing ensemble;
  SgdKernelDensity density;
  Vec cell;
  PetscInt at;     /* the step of the density */
  double noise_l1; /* of the density */
  PetscBool warned;
};

static const SgdSliceStage *Slice(SgdMeasured m) {
  return m->models->context.slice;
}

/* The landscape itself, without the tilt of a slice that follows the mean path, and that again. */
static PetscErrorCode Untilt(SgdMeasured m) {
  return SgdCoMovingLeave(Slice(m)->co_moving);
}

static PetscErrorCode Tilt(SgdMeasured m) {
  return SgdCoMovingEnter(Slice(m)->co_moving, m->models->piece);
}

PetscErrorCode SgdMeasuredCreate(const SgdModels *models, SgdModel model, Vec y0, SgdMeasured *measured) {
  const SgdSliceStage *slice = models->context.slice;
  SgdMeasured m;

  PetscFunctionBegin;
  PetscCall(PetscNew(&m));
  *measured = m;
  m->models = models;
  m->grid = models->grid;
  m->context = (SgdGrowingContext){.landscape = models->context.landscape,
                                   .w_ref = slice->co_moving ? slice->co_moving->start : slice->frame->origin,
                                   .dim = slice->frame->dim,
                                   .V = slice->frame->V,
                                   .mean0 = slice->prediction->mean0,
                                   .std0 = slice->prediction->std0,
                                   .schedule = &slice->schedule,
                                   .law = models->context.sgd->draw,
                                   .options = SgdModelNetworkOptions(model)};
  PetscCall(Untilt(m));
  PetscCall(SgdGrowingCreate(&m->context, &m->ensemble));
  PetscCall(SgdGrowingView(m->ensemble));
  PetscCall(Tilt(m));
  PetscCall(SgdKernelDensityCreate(m->grid, m->context.options->members, &m->density));
  PetscCall(VecCopy(y0, m->density.y));
  PetscCall(VecDuplicate(y0, &m->cell));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdMeasuredWalk(SgdMeasured m, PetscInt n, SgdWatch *watch) {
  PetscFunctionBegin;
  if (n - 1 <= SgdGrowingStep(m->ensemble)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Untilt(m));
  PetscCall(SgdGrowingTo(m->ensemble, n - 1, watch));
  PetscCall(Tilt(m));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* a = V (w - w_ref) - V (wbar_n - w_ref) */
static void SeenFromThePath(SgdMeasured m, PetscInt n, SgdLastStep *s) {
  const SgdCoMoving c = Slice(m)->co_moving;

  if (!c) return;
  for (int j = 0; j < s->count; j++)
    for (int a = 0; a < s->dim; a++)
      s->centre[j * s->dim + a] -= c->place[(size_t)n * (size_t)c->columns + 1 + (size_t)a];
}

#define MOST_WIDENED 0.01 /* of a variance */

PetscErrorCode SgdMeasuredDensity(SgdMeasured m, PetscInt n) {
  const SgdBatchWaves waves = SgdBatchWavesOf(m->grid);
  SgdLastStep s;

  PetscFunctionBegin;
  if (n == m->at) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(Untilt(m));
  PetscErrorCode ierr = SgdLastStepCompute(m->ensemble, &m->context, m->context.options->exact ? &waves : NULL, &s);
  PetscCall(Tilt(m));
  PetscCall(ierr);
  SeenFromThePath(m, n, &s);
  PetscCall(SgdKernelDensityFill(&m->density, m->grid, m->context.options->members, &s));
  PetscCall(SgdLastStepFree(&s));
  m->at = n;
  SgdSampledDensity sample = SgdMeasuredSample(m);
  PetscCall(SgdJackknifeCells(&sample));
  m->noise_l1 = sample.noise_l1;
  if (m->density.widened > MOST_WIDENED && !m->warned)
    PetscCall(SgdWarn(m->grid->comm,
                      "network, step %" PetscInt_FMT
                      ": laws of the last step narrower than a cell are widened: %.2g of a "
                      "variance is the grid's (%g is let pass): raise slice.cells",
                      n, m->density.widened, MOST_WIDENED));
  m->warned = (PetscBool)(m->warned || m->density.widened > MOST_WIDENED);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscInt SgdMeasuredStep(SgdMeasured m) {
  return SgdGrowingStep(m->ensemble);
}

Vec SgdMeasuredState(SgdMeasured m) {
  return m->density.y;
}

SgdSampledDensity SgdMeasuredSample(SgdMeasured m) {
  return (SgdSampledDensity){.grid = m->grid,
                             .y = m->density.y,
                             .parts = m->at > 0 ? m->density.groups : 0,
                             .part = m->density.part,
                             .cell = m->cell,
                             .noise_l1 = m->noise_l1};
}

PetscErrorCode SgdMeasuredCheckpoint(SgdMeasured m, SgdCheckpoint c, const char *name) {
  return SgdGrowingCheckpoint(m->ensemble, c, name);
}

PetscErrorCode SgdMeasuredDestroy(SgdMeasured *measured) {
  SgdMeasured m = *measured;

  PetscFunctionBegin;
  if (!m) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdKernelDensityDestroy(&m->density));
  PetscCall(VecDestroy(&m->cell));
  PetscCall(SgdGrowingDestroy(&m->ensemble));
  PetscCall(PetscFree(*measured));
  PetscFunctionReturn(PETSC_SUCCESS);
}
