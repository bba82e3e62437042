#include "solver/commands/sections.h"
#include "solver/comparison/one_step.h"
#include "solver/comparison/stable_scales.h"
#include "solver/problem/slice_stage.h"
#include "cases/noise/batch_law.h"
#include "solver/problem/models_memory.h"

static const char *const sections[] = {"name",  "description", "landscape",  "reference_point", "spectrum", "slice",
                                       "sgd",   "initial",     "models",     "compare",         "output",   "schedule",
                                       "petsc", "expect",      "stationary", "trajectories",    "closure",  "leaps",
                                       "check", "sweep",       "optimizer",  "weights",         "noise"};

/* Section `petsc`: options for the solvers, each model under its own prefix; inserted before the command line's,
   which are put in again and so win. */
static PetscErrorCode InsertPetscOptions(SgdCase c) {
  const char *text;
  char *command_line;

  PetscFunctionBegin;
  PetscCall(SgdCaseText(c, "petsc", &text));
  if (!text || !*text) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(PetscOptionsGetAll(NULL, &command_line));
  PetscCall(PetscOptionsInsertStringYAML(NULL, text));
  PetscCall(PetscOptionsInsertString(NULL, command_line));
  PetscCall(PetscFree(command_line));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Automatic grids have even numbers. */
static PetscErrorCode CheckHalves(const SgdSections *s) {
  const SgdSliceOptions *slice = s->slice;

  PetscFunctionBegin;
  for (unsigned a = 0; s->settings.check->error && a < slice->cells_count; a++)
    SgdCaseCheck(s->kase, slice->cells[a] % 2 == 0 && slice->cells[a] >= 8, "slice.cells",
                 "check.error halves the grid: axis %u needs an even number of cells, at least 8, and has %d", a + 1,
                 slice->cells[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What a growing ensemble cannot follow: copies would share what is left of an epoch, or a velocity. */
static PetscErrorCode CheckEnsembles(const SgdSections *s) {
  const SgdSgdOptions *sgd = s->settings.sgd;

  PetscFunctionBegin;
  for (int m = 0; m < s->models.count; m++) {
    if (SgdModelGetKind(s->models.model[m]) != SGD_ENSEMBLE) continue;
    SgdCaseCheck(s->kase, sgd->momentum == 0, "sgd.momentum", "the model network is plain SGD; got momentum %g",
                 sgd->momentum);
    SgdCaseCheck(s->kase, sgd->draw != SGD_DRAW_EPOCH, "sgd.sampling",
                 "the model network takes batches that are independent of each other, not those of an epoch; the "
                 "command sample follows epochs");
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The exact law of the last step is that of batches of samples, on one axis. */
static PetscErrorCode CheckLastSteps(const SgdSections *s) {
  const SgdSchedule *schedule = &s->settings.schedule;
  const PetscInt N = SgdLandscapeSamples(s->landscape);
  PetscBool exact = PETSC_FALSE;

  PetscFunctionBegin;
  for (int m = 0; m < s->models.count; m++)
    if (SgdModelGetKind(s->models.model[m]) == SGD_ENSEMBLE && SgdModelNetworkOptions(s->models.model[m])->exact)
      exact = PETSC_TRUE;
  if (!exact) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(s->kase, N > 0, "models", "network with law: exact is for landscapes on samples; %s has none",
               SgdLandscapeFamily(s->landscape));
  SgdCaseCheck(s->kase, SgdSliceDimension(s->slice) == 1, "models",
               "network with law: exact is for slices of one axis, this one has %d", SgdSliceDimension(s->slice));
  for (int i = 0; i < schedule->pieces && s->settings.sgd->draw == SGD_DRAW_WITHOUT_REPLACEMENT; i++)
    SgdCaseCheck(s->kase, (double)N * (double)schedule->batch[i] <= SGD_BATCH_LAW_MOST_SUBSETS, "sgd.sampling",
                 "without_replacement: the exact law of network's last step is for samples times batch up to %d, got "
                 "%" PetscInt_FMT " times %" PetscInt_FMT,
                 SGD_BATCH_LAW_MOST_SUBSETS, N, schedule->batch[i]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* That what is expected can be had, which is to be known before the work. */
static PetscErrorCode CheckExpectations(const SgdSections *s) {
  const char *name[SGD_MAX_MODELS];
  PetscInt *step;
  int steps;

  PetscFunctionBegin;
  for (int m = 0; m < s->models.count; m++) name[m] = SgdModelName(s->models.model[m]);
  PetscCall(SgdSettingsOutputSteps(&s->settings, &steps, &step));
  PetscCall(SgdExpectFit(s->kase, &s->expect, s->models.count, name, steps, step, SgdSliceDimension(s->slice)));
  PetscCall(SgdStationaryFit(s->kase, s->models.count, name));
  PetscCall(PetscFree(step));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What needs the landscape. */
static PetscErrorCode CreateLandscape(SgdSections *s) {
  SgdCase c = s->kase;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeCreate(c, &s->landscape));
  PetscCall(SgdTrainingRead(c, s->landscape, &s->training));
  SgdLandscapeSetDecay(s->landscape, s->settings.sgd->weight_decay);
  PetscCall(SgdSettingsCheck(c, &s->settings, s->landscape, SgdSliceDimension(s->slice)));
  PetscCall(CheckLastSteps(s));
  SgdCaseCheck(c, s->settings.sgd->rule.kind != SGD_RULE_SAM || !SgdLandscapeGetDomain(s->landscape).min,
               "optimizer.name", "sam looks optimizer.radius beyond the box, where landscape %s is not known",
               SgdLandscapeFamily(s->landscape));
  SgdCaseCheck(c, (PetscInt)s->slice->axes_count <= SgdLandscapeDimension(s->landscape), "slice.axes",
               "%d axes, but the landscape has dimension %d", (int)s->slice->axes_count,
               (int)SgdLandscapeDimension(s->landscape));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* An optimizer's states: one axis of a frozen slice, and the models that have a form there. */
static PetscErrorCode CheckRule(const SgdSections *s) {
  const char *name = SgdRuleNames[s->settings.sgd->rule.kind];
  char key[32], known[256];

  PetscFunctionBegin;
  if (!SgdSettingsRule(s->settings.sgd)) PetscFunctionReturn(PETSC_SUCCESS);
  SgdCaseCheck(s->kase, s->slice->axes_count == 1, "slice.axes", "the density of %s lives on one axis, found %u", name,
               s->slice->axes_count);
  SgdCaseCheck(s->kase, !SgdSliceFollows(s->slice), "slice.follow", "the density of %s lives on a frozen slice", name);
  SgdModelTakingStates(known, sizeof known);
  for (int m = 0; m < s->models.count; m++) {
    PetscCall(PetscSNPrintf(key, sizeof key, "models.%d.model", m));
    SgdCaseCheck(s->kase, SgdModelTakesStates(s->models.model[m]), key, "%s has no form for the optimizer %s; %s do",
                 SgdModelName(s->models.model[m]), name, known);
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSectionsRead(SgdCase c, SgdSections *s) {
  PetscFunctionBegin;
  *s = (SgdSections){.kase = c};
  PetscCall(SgdCaseSections(c, (int)(sizeof sections / sizeof *sections), sections));
  PetscCall(SgdCaseScalar(c, "name", NULL, "unnamed", &s->name));
  PetscCall(InsertPetscOptions(c));
  PetscCall(SgdSettingsRead(c, &s->settings));
  PetscCall(SgdSliceRead(c, SgdSettingsMemory(s->settings.sgd), &s->slice));
  PetscCall(CheckHalves(s));
  PetscCall(SgdSpectrumRead(c, &s->spectrum));
  PetscCall(SgdTrajectoriesRead(c, &s->trajectories));
  PetscCall(SgdClosureRead(c, &s->closure));
  PetscCall(SgdModelListRead(c, &s->models));
  s->slice->take = SgdModelsTake;
  s->slice->models = &s->models;
  PetscCall(SgdModelListReference(&s->models, c, s->settings.compare->reference, &s->reference));
  PetscCall(CheckEnsembles(s));
  PetscCall(SgdExpectRead(c, &s->expect));
  PetscCall(SgdStationaryRead(c, &s->stationary));
  PetscCall(CheckExpectations(s));
  PetscCall(SgdLeapRead(c, &s->leaps));
  PetscCall(SgdSweepRead(c, &s->sweep));
  PetscCall(CheckRule(s));
  PetscCall(CreateLandscape(s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FitModels(const SgdSections *s, int axes) {
  const SgdSgdOptions *sgd = s->settings.sgd;
  SgdStepPlan plan = {.landscape = s->landscape,
                      .batch = s->settings.schedule.batch[0],
                      .sampling = SgdSettingsSampling(sgd),
                      .rule = SgdSettingsRule(sgd),
                      .axes = axes,
                      .memory = (PetscBool)(SgdSettingsMemory(sgd) > 0),
                      .scattered = (PetscBool)(s->slice->mean && s->slice->spreads)};

  PetscFunctionBegin;
  PetscCall(PetscArraycpy(plan.boundary, s->slice->boundary, 3));
  for (int m = 0; m < s->models.count; m++) PetscCall(SgdModelFit(s->models.model[m], &plan));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSectionsFit(const SgdSections *s) {
  const int axes = SgdSliceDimension(s->slice);

  PetscFunctionBegin;
  PetscCall(SgdSliceStageFit(s->kase, s->slice, &s->settings, s->landscape));
  PetscCall(FitModels(s, axes));
  PetscCall(SgdOneStepFit(s->kase, &s->settings, axes, SgdSliceFollows(s->slice)));
  PetscCall(SgdStableScalesFit(s->kase, &s->settings, axes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSectionsFree(SgdSections *s) {
  PetscFunctionBegin;
  PetscCall(SgdModelListDestroy(&s->models));
  PetscCall(SgdExpectFree(&s->expect));
  PetscCall(SgdLandscapeDestroy(&s->landscape));
  PetscCall(SgdSettingsFree(&s->settings));
  PetscFunctionReturn(PETSC_SUCCESS);
}
