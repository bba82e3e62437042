#include "solver/commands/claim.h"
#include "solver/commands/commands.h"
#include "solver/comparison/compare.h"
#include "solver/measures/expect.h"
#include "solver/restart/interrupt.h"
#include "solver/output/output.h"
#include "solver/output/status.h"
#include "solver/problem/problem.h"
#include "solver/restart/restart.h"
#include "solver/commands/sample.h"
#include "solver/restart/stages.h"
#include "solver/stationary/stationary.h"
#include "solver/commands/summary.h"

/* One stage of a command, logged under its name. */
static PetscErrorCode Stage(const char *name, PetscErrorCode (*part)(SgdProblem *), SgdProblem *p) {
  PetscFunctionBegin;
  PetscCall(SgdStagePush(name));
  PetscCall(part(p));
  PetscCall(PetscLogStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WithSpectrum(SgdProblem *p) {
  return SgdProblemSpectrum(p, PETSC_TRUE);
}

/* The first files of new work, in the place of those of earlier work. */
static PetscErrorCode BeginFolder(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscFunctionBegin;
  PetscCall(SgdClaimClear(p->kase, folder, v->command));
  PetscCall(SgdOutputCase(folder, p->kase, v->argc, v->argv));
  PetscCall(SgdStatusBegin(p->comm, folder, v->command, p->settings.sgd->steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What is known before the first step. After a restart these files are there. */
static PetscErrorCode WriteHead(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscFunctionBegin;
  if (p->resume) {
    PetscCall(SgdOutputRestart(folder, p->comm, v->argc, v->argv));
    PetscCall(SgdStatusBegin(p->comm, folder, v->command, p->settings.sgd->steps));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(BeginFolder(p, v, folder));
  if (p->spectrum) PetscCall(SgdSpectrumWrite(p->spectrum, p->comm, folder));
  if (p->co_moving) PetscCall(SgdCoMovingWrite(p->co_moving, p->settings.schedule.tau, p->comm, folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Run(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  SgdHistory history = {0};
  double seconds[SGD_MAX_MODELS];

  PetscFunctionBegin;
  PetscCall(Stage("Spectrum", WithSpectrum, p));
  PetscCall(Stage("Slice", SgdProblemSlice, p));
  PetscCall(Stage("Models", SgdProblemModels, p));
  PetscCall(WriteHead(p, v, folder));
  PetscCall(SgdCompareRun(p, folder, v->argc, v->argv, &history, seconds));
  PetscCall(SgdSummaryWrite(p, &history, seconds, folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdCheckpointRemove(p->comm, folder));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscCall(SgdExpectCheck(p->kase, &history, p->grid->dim));
  PetscCall(SgdHistoryFree(&history));
  PetscCall(SgdSay(p->comm, "Done: %s/summary.json, density.xmf (ParaView), plots by postprocess/plot.py\n", folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Spectrum(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscFunctionBegin;
  PetscCall(SgdProblemSpectrum(p, PETSC_TRUE));
  PetscCall(BeginFolder(p, v, folder));
  PetscCall(SgdSpectrumWrite(p->spectrum, p->comm, folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdSay(p->comm, "These regimes take each mode by itself; what the coupling of the modes changes, and how a "
                            "batch's Hessian scatters: sgdfp modes, against trajectories sgdfp sample\n"));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Stationary(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscFunctionBegin;
  SgdCaseCheck(p->kase, !SgdSliceFollows(p->slice), "slice.follow",
               "a slice that moves has no stationary state: the command stationary takes follow: none");
  PetscCall(SgdProblemSpectrum(p, PETSC_FALSE));
  PetscCall(SgdProblemSlice(p));
  PetscCall(SgdProblemModels(p));
  PetscCall(BeginFolder(p, v, folder));
  PetscCall(SgdStationaryRun(p, folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdUnusedOptions(p->comm));
  PetscCall(SgdSay(p->comm, "Done: %s/stationary.json, stationary.h5\n", folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum and the predicted spread of its modes. */
static PetscErrorCode PredictModes(SgdProblem *p, const SgdInvocation *v, const char *folder, SgdModes *modes) {
  PetscFunctionBegin;
  SgdCaseCheck(p->kase, p->settings.sgd->momentum == 0, "sgd.momentum",
               "the commands modes and sample predict plain SGD; for trajectories with momentum set "
               "trajectories.optimizer to heavy_ball");
  SgdCaseCheck(p->kase, p->settings.schedule.pieces == 1, "schedule",
               "the commands modes and sample take a constant learning rate");
  PetscCall(Stage("Spectrum", WithSpectrum, p));
  PetscCall(WriteHead(p, v, folder));
  if (p->resume) {
    PetscCall(SgdSampleResume(p, modes));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdInterruptDoing("the prediction of the modes");
  PetscCall(SgdModesChoose(p->spectrum, p->comm, p->trajectories->modes, p->trajectories->flat, modes));
  PetscCall(SgdModesPredict(modes, p->landscape, p->w_ref, p->spectrum, &p->settings, p->closure));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Modes(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  SgdModes modes;

  PetscFunctionBegin;
  PetscCall(PredictModes(p, v, folder, &modes));
  PetscCall(SgdModesView(&modes, p->spectrum, p->comm));
  PetscCall(SgdModesWrite(&modes, p->spectrum, NULL, p->comm, folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sample(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  SgdModes modes;
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCall(PredictModes(p, v, folder, &modes));
  PetscCall(SgdSampleRun(p, folder, &modes, &e));
  PetscCall(SgdModesMeasure(&modes, e));
  PetscCall(SgdModesView(&modes, p->spectrum, p->comm));
  PetscCall(SgdModesWrite(&modes, p->spectrum, e, p->comm, folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdCheckpointRemove(p->comm, folder));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscCall(SgdModesExpect(&modes, p->closure, p->comm));
  PetscCall(SgdEnsembleDestroy(&e));
  PetscCall(SgdModesDestroy(&modes));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The resolved case and the figures that can be had without training or stepping: with a landscape on data only what
   the case alone says, else grid, fields and every model's stability and resolution. */
static PetscErrorCode Check(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  const char *text;

  PetscFunctionBegin;
  (void)v, (void)folder;
  PetscCall(SgdCaseText(p->kase, NULL, &text));
  PetscCall(SgdSay(p->comm, "# The case as resolved:\n%s# End of the case.\n", text));
  if (SgdLandscapeSamples(p->landscape)) {
    PetscCall(SgdLandscapeView(p->landscape));
    PetscCall(SgdSay(p->comm, "The slice's grid follows from the trained reference point: run the command `spectrum` "
                              "for the modes, `run` for all.\n"));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdProblemSpectrum(p, PETSC_FALSE));
  PetscCall(SgdProblemSlice(p));
  PetscCall(SgdProblemModels(p));
  PetscCall(SgdSay(p->comm, "Memory: a density takes %.3g MB; %d models, fields and work about %.3g MB\n",
                   8e-6 * (double)p->grid->cells, p->models, 8e-6 * (double)p->grid->cells * (6 + 12 * p->models)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* out/<name of the case file without .yaml> */
static PetscErrorCode DefaultFolder(const char *path, char *folder, size_t size) {
  const char *base = strrchr(path, '/');
  char name[PETSC_MAX_PATH_LEN], *dot;

  PetscFunctionBegin;
  PetscCall(PetscStrncpy(name, base ? base + 1 : path, sizeof name));
  if ((dot = strrchr(name, '.')) && dot != name) *dot = 0;
  PetscCall(PetscSNPrintf(folder, size, "out/%s", name));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* A new command: one line here. */
const SgdCommandEntry SgdCommands[] = {
    {"run", "everything: reference point, spectrum, slice, all models side by side, files", PETSC_TRUE, PETSC_TRUE,
     Run},
    {"spectrum", "Hessian eigenpairs, minibatch noise per mode, regimes, predicted variances", PETSC_FALSE, PETSC_TRUE,
     Spectrum},
    {"modes", "how far each mode spreads: path-linearised closure, without and with coupling", PETSC_FALSE, PETSC_TRUE,
     Modes},
    {"sample", "the same measured by an ensemble of SGD trajectories", PETSC_TRUE, PETSC_TRUE, Sample},
    {"stationary", "long times of every model: (quasi-)stationary densities, relaxation, escape, leaks", PETSC_FALSE,
     PETSC_TRUE, Stationary},
    {"check", "the case as resolved, grid, resolution and stability figures; nothing long", PETSC_FALSE, PETSC_FALSE,
     Check},
    {NULL, NULL, PETSC_FALSE, PETSC_FALSE, NULL}};

/* The case from its file; or checkpoint and case where work goes on. */
static PetscErrorCode OpenCase(const SgdInvocation *v, SgdCheckpoint *resume, SgdCase *c, char *folder, size_t size) {
  PetscFunctionBegin;
  if (v->restart) {
    PetscCall(PetscStrncpy(folder, v->restart, size));
    PetscCall(SgdRestartOpen(PETSC_COMM_WORLD, v->restart, v->command, v->path, v->sets, v->set, resume, c));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdCaseOpen(PETSC_COMM_WORLD, v->path, v->sets, v->set, c));
  if (v->folder)
    PetscCall(PetscStrncpy(folder, v->folder, size));
  else
    PetscCall(DefaultFolder(v->path, folder, size));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The command's work; how it ended is left in its folder. */
static PetscErrorCode Work(const SgdCommandEntry *command, SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscErrorCode ierr;

  PetscFunctionBegin;
  if (command->writes && !v->restart) PetscCall(SgdClaim(p->kase, folder, v->command, v->overwrite, &p->resume));
  ierr = command->run(p, v, folder);
  SgdStatusEnd(SgdExitCode(ierr));
  PetscCall(ierr);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommand(const SgdInvocation *v) {
  SgdProblem p = {0};
  SgdCheckpoint resume = NULL;
  SgdCase c;
  char folder[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(OpenCase(v, &resume, &c, folder, sizeof folder));
  PetscCall(SgdProblemRead(c, &p));
  if (resume) PetscCall(SgdRestartCompare(resume, c));
  p.resume = resume;
  SgdInterruptDoing(v->command);
  for (int k = 0; SgdCommands[k].name; k++)
    if (!strcmp(v->command, SgdCommands[k].name)) PetscCall(Work(&SgdCommands[k], &p, v, folder));
  PetscCall(SgdProblemDestroy(&p));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
