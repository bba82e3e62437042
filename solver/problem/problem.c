#include "solver/problem/problem.h"
#include "solver/problem/axes.h"
#include "solver/measures/expect.h"
#include "solver/hessian/spectrum_obtain.h"
#include "meshes/coarsen.h"
#include "solver/evolution/leap.h"
#include "solver/problem/problem_keep.h"
#include "solver/stationary/stationary.h"
#include "cases/base/sum.h"
#include "solver/reference_point/training.h"

static const char *const sections[] = {"name",  "description", "landscape",  "reference_point", "spectrum", "slice",
                                       "sgd",   "initial",     "models",     "compare",         "output",   "schedule",
                                       "petsc", "expect",      "stationary", "trajectories",    "closure",  "leaps",
                                       "check"};

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

static PetscErrorCode ReadModels(SgdProblem *p) {
  char section[32];

  PetscFunctionBegin;
  PetscCall(SgdCaseCount(p->kase, "models", &p->models));
  SgdCaseCheck(p->kase, p->models >= 1, "models",
               "expected a list of at least one model, e.g. [master, discrete_fokker_planck, langevin]");
  SgdCaseCheck(p->kase, p->models <= SGD_MAX_MODELS, "models", "at most %d models, found %d", SGD_MAX_MODELS,
               p->models);
  for (int m = 0; m < p->models; m++) {
    PetscCall(PetscSNPrintf(section, sizeof section, "models.%d", m));
    PetscCall(SgdModelCreate(p->kase, section, &p->model[m]));
    for (int k = 0; k < m; k++)
      SgdCaseCheck(p->kase, strcmp(SgdModelName(p->model[k]), SgdModelName(p->model[m])), section,
                   "a second model named \"%s\": give it a name of its own", SgdModelName(p->model[m]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode FindReference(SgdProblem *p) {
  const char *wanted = p->settings.compare->reference, *known[SGD_MAX_MODELS + 1] = {NULL};

  PetscFunctionBegin;
  p->reference = 0;
  if (!wanted || !*wanted) PetscFunctionReturn(PETSC_SUCCESS);
  for (int m = 0; m < p->models; m++) {
    known[m] = SgdModelName(p->model[m]);
    if (!strcmp(known[m], wanted)) {
      p->reference = m;
      PetscFunctionReturn(PETSC_SUCCESS);
    }
  }
  PetscCall(SgdCaseError(p->kase, "compare.reference", known, "\"%s\" is not among the models", wanted));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Automatic grids have even numbers. */
static PetscErrorCode CheckHalves(SgdProblem *p) {
  PetscFunctionBegin;
  for (unsigned a = 0; p->settings.check->error && a < p->slice->cells_count; a++)
    SgdCaseCheck(p->kase, p->slice->cells[a] % 2 == 0 && p->slice->cells[a] >= 8, "slice.cells",
                 "check.error halves the grid: axis %u needs an even number of cells, at least 8, and has %d", a + 1,
                 p->slice->cells[a]);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemRead(SgdCase c, SgdProblem *p) {
  SgdStationaryOptions *stationary;
  SgdLeapOptions *leaps;

  PetscFunctionBegin;
  p->comm = SgdCaseComm(c);
  p->kase = c;
  p->began = MPI_Wtime();
  PetscCall(SgdCaseSections(c, (int)(sizeof sections / sizeof *sections), sections));
  PetscCall(SgdCaseScalar(c, "name", NULL, "unnamed", &p->name));
  PetscCall(InsertPetscOptions(c));
  PetscCall(SgdSettingsRead(c, &p->settings));
  PetscCall(SgdSliceRead(c, (PetscBool)(p->settings.sgd->momentum > 0), &p->slice));
  PetscCall(CheckHalves(p));
  PetscCall(SgdSpectrumRead(c, &p->spectrum_options));
  PetscCall(SgdTrajectoriesRead(c, &p->trajectories));
  PetscCall(SgdClosureRead(c, &p->closure));
  PetscCall(ReadModels(p));
  PetscCall(FindReference(p));
  PetscCall(SgdExpectRead(c));
  PetscCall(SgdStationaryRead(c, &stationary));
  PetscCall(SgdLeapRead(c, &leaps));
  PetscCall(SgdLandscapeCreate(c, &p->landscape));
  PetscCall(SgdTrainingRead(c, p->landscape));
  SgdLandscapeSetDecay(p->landscape, p->settings.sgd->weight_decay);
  PetscCall(SgdSettingsCheck(c, &p->settings, p->landscape, SgdSliceDimension(p->slice)));
  SgdCaseCheck(c, (PetscInt)p->slice->axes_count <= SgdLandscapeDimension(p->landscape), "slice.axes",
               "%d axes, but the landscape has dimension %d", (int)p->slice->axes_count,
               (int)SgdLandscapeDimension(p->landscape));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemSpectrum(SgdProblem *p, PetscBool wanted) {
  const SgdSgdOptions *sgd = p->settings.sgd;

  PetscFunctionBegin;
  PetscCall(SgdLandscapeView(p->landscape));
  PetscCall(PetscMalloc1(SgdLandscapeDimension(p->landscape), &p->w_ref));
  if (p->resume) {
    PetscCall(SgdKeepReferencePoint(p, p->resume));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdTrainingRun(p->kase, p->landscape, p->w_ref));
  if (!wanted && !SgdAxesNeedSpectrum(p->slice)) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSpectrumObtain(p->kase, p->landscape, p->w_ref, p->spectrum_options, &p->spectrum));
  PetscCall(SgdSpectrumNoise(p->spectrum, p->landscape, p->w_ref, sgd->learning_rate, sgd->batch_size,
                             SgdSettingsSampling(&p->settings), sgd->steps));
  PetscCall(SgdSpectrumView(p->spectrum, p->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemHalve(const SgdProblem *p, SgdProblem *half) {
  PetscFunctionBegin;
  for (int a = 0; a < p->grid->dim; a++)
    SgdCaseCheck(p->kase, p->grid->n[a] % 2 == 0 && p->grid->n[a] >= 8, "slice.cells",
                 "check.error halves the grid: axis %d needs an even number of cells, at least 8, and has %d", a + 1,
                 (int)p->grid->n[a]);
  *half = *p;
  half->piece = 0;
  half->half = PETSC_TRUE;
  PetscCall(SgdHalveGrid(p->grid, &half->grid));
  PetscCall(SgdProblemFields(half, 0));
  PetscCall(ReadModels(half));
  PetscCall(SgdProblemModels(half));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemHalveDestroy(SgdProblem *half) {
  PetscFunctionBegin;
  for (int m = 0; m < half->models; m++) PetscCall(SgdModelDestroy(&half->model[m]));
  PetscCall(SgdFieldsDestroy(&half->fields));
  PetscCall(SgdGridDestroy(&half->grid));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemModels(SgdProblem *p) {
  return SgdProblemModelsOfPiece(p, 0);
}

/* The fields of an earlier piece become those of this one: the noise by the ratios of the batches, piece by piece, so
   that a restart rounds as the run did. */
static PetscErrorCode EnterPiece(SgdProblem *p, int piece) {
  const SgdSampling sampling = SgdSettingsSampling(&p->settings);
  const PetscInt *batch = p->settings.schedule.batch;

  PetscFunctionBegin;
  if (p->co_moving)
    PetscCall(SgdProblemFields(p, piece));
  else
    for (int k = p->piece + 1; k <= piece; k++)
      PetscCall(SgdFieldsScaleNoise(p->fields, SgdLandscapeBatchFactor(p->landscape, batch[k], sampling) /
                                                   SgdLandscapeBatchFactor(p->landscape, batch[k - 1], sampling)));
  p->piece = piece;
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode SetUpModels(SgdProblem *p, int piece) {
  const SgdSchedule *s = &p->settings.schedule;
  SgdModelContext context = {.kase = p->kase,
                             .landscape = p->landscape,
                             .frame = p->frame,
                             .fields = p->fields,
                             .learning_rate = s->eta[piece],
                             .batch = s->batch[piece],
                             .sampling = SgdSettingsSampling(&p->settings)};

  PetscFunctionBegin;
  SgdPredictionSupport(p->prediction, &context.support);
  for (int m = 0; m < p->models; m++) {
    const SgdFigure *figure;
    char equation[512];
    int count;
    PetscCall(SgdModelSetUp(p->model[m], &context));
    PetscCall(SgdModelEquation(p->model[m], equation, sizeof equation));
    PetscCall(SgdSay(p->comm, "  %s %s\n", SgdModelName(p->model[m]), equation));
    PetscCall(SgdModelFigures(p->model[m], &count, &figure));
    for (int k = 0; k < count; k++)
      PetscCall(SgdSay(p->comm, "    %s: %.4g%s\n", figure[k].name, figure[k].value,
                       figure[k].ok ? "" : "  (beyond its limit)"));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemModelsOfPiece(SgdProblem *p, int piece) {
  PetscFunctionBegin;
  if (piece > 0) PetscCall(EnterPiece(p, piece));
  if (piece == 0 && SgdSettingsDrawLaw(&p->settings) == SGD_DRAW_EPOCH)
    PetscCall(SgdWarn(p->comm, "sgd.sampling epoch: the densities take the batches of an epoch as independent of each "
                               "other, which they are not; the command sample follows the epochs"));
  SgdMute(p->half); /* said for the whole grid */
  if (piece > 0 && p->co_moving)
    PetscCall(SgdSay(p->comm, "  models set up anew further down the mean path, from step %" PetscInt_FMT "\n",
                     p->settings.schedule.start[piece]));
  else
    PetscCall(SgdSay(p->comm, "Models%s:\n", piece ? " of the next piece of the schedule" : ""));
  SgdMute((PetscBool)(p->half || (piece > 0 && p->co_moving))); /* said for the first piece */
  PetscCall(SetUpModels(p, piece));
  SgdMute(PETSC_FALSE);
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The Gaussian of section `initial`, sampled at the cell centres; the samples' sum is exactly one for a resolved
   Gaussian that lies inside the box, and the scaling to one is reported where it is not rounding. */
PetscErrorCode SgdProblemInitial(SgdProblem *p, Vec *y0) {
  SgdGrid g = p->grid;
  PetscScalar *y;
  SgdSum local = {0.0, 0.0};
  double x[3], sum;

  PetscFunctionBegin;
  PetscCall(SgdGridCreateState(g, y0));
  PetscCall(VecGetArrayWrite(*y0, &y));
  for (PetscInt cell = g->first_cell; cell < g->last_cell; cell++) {
    double density = 1;
    SgdGridCentre(g, cell, x);
    for (int a = 0; a < g->dim; a++) {
      const double s = p->prediction->std0[a], z = (x[a] - p->prediction->mean0[a]) / s;
      density *= exp(-0.5 * z * z) / (s * sqrt(2 * PETSC_PI));
    }
    y[cell - g->first_cell] = density * g->volume;
    SgdSumAdd(&local, y[cell - g->first_cell]); /* millions of cells: a plain sum would be off by 1e-12 */
  }
  PetscCall(VecRestoreArrayWrite(*y0, &y));
  PetscCall(SgdSumReduce(p->comm, 1, &local, &sum));
  if (PetscAbsReal(sum - 1) > 1e-3)
    return SgdFail(p->comm, SGD_EXIT_NUMBERS,
                   "the initial density does not fit the grid: its cells hold %.6g instead of 1 (initial.mean, "
                   "initial.std, slice.min, slice.max, slice.cells)",
                   sum);
  if (PetscAbsReal(sum - 1) > 1e-9)
    PetscCall(SgdWarn(p->comm, "the initial density's cells hold 1 %+.2g; scaled to one", sum - 1));
  PetscCall(VecScale(*y0, 1.0 / sum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdProblemDestroy(SgdProblem *p) {
  PetscFunctionBegin;
  for (int m = 0; m < p->models; m++) PetscCall(SgdModelDestroy(&p->model[m]));
  PetscCall(SgdFieldsDestroy(&p->fields));
  PetscCall(SgdGridDestroy(&p->grid));
  PetscCall(SgdPredictionDestroy(&p->prediction));
  PetscCall(SgdCoMovingDestroy(&p->co_moving));
  PetscCall(SgdFrameDestroy(&p->frame));
  PetscCall(SgdSpectrumDestroy(&p->spectrum));
  PetscCall(SgdLandscapeDestroy(&p->landscape));
  PetscCall(PetscFree(p->w_ref));
  PetscCall(SgdSettingsFree(&p->settings));
  PetscFunctionReturn(PETSC_SUCCESS);
}
