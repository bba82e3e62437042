#include "commands.h"
#include "compare.h"
#include "expect.h"
#include "output.h"
#include "problem.h"
#include "summary.h"

static PetscErrorCode Run(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  SgdHistory history = {0};
  double seconds[SGD_MAX_MODELS];

  PetscFunctionBegin;
  PetscCall(SgdProblemSpectrum(p, PETSC_TRUE));
  PetscCall(SgdProblemSlice(p));
  PetscCall(SgdProblemModels(p));
  PetscCall(SgdOutputCase(folder, p->kase, v->argc, v->argv));
  if (p->spectrum) PetscCall(SgdSpectrumWrite(p->spectrum, p->comm, folder));
  PetscCall(SgdCompareRun(p, folder, v->argc, v->argv, &history, seconds));
  PetscCall(SgdSummaryWrite(p, &history, seconds, folder));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscCall(SgdExpectCheck(p->kase, &history, p->grid->dim));
  PetscCall(SgdHistoryFree(&history));
  PetscCall(SgdSay(p->comm, "Done: %s/summary.json, density.xmf (ParaView), plots by postprocess/plot.py\n", folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Spectrum(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  PetscFunctionBegin;
  PetscCall(SgdProblemSpectrum(p, PETSC_TRUE));
  PetscCall(SgdOutputCase(folder, p->kase, v->argc, v->argv));
  PetscCall(SgdSpectrumWrite(p->spectrum, p->comm, folder));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum and the predicted spread of its modes. */
static PetscErrorCode PredictModes(SgdProblem *p, const SgdInvocation *v, const char *folder, SgdModes *modes) {
  PetscFunctionBegin;
  PetscCall(SgdProblemSpectrum(p, PETSC_TRUE));
  PetscCall(SgdOutputCase(folder, p->kase, v->argc, v->argv));
  PetscCall(SgdSpectrumWrite(p->spectrum, p->comm, folder));
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
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdUnusedOptions(p->comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Sample(SgdProblem *p, const SgdInvocation *v, const char *folder) {
  SgdModes modes;
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCall(PredictModes(p, v, folder, &modes));
  PetscCall(SgdProblemEnsemble(p, modes.count, modes.V, &e));
  PetscCall(SgdModesMeasure(&modes, e));
  PetscCall(SgdModesView(&modes, p->spectrum, p->comm));
  PetscCall(SgdModesWrite(&modes, p->spectrum, e, p->comm, folder));
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

PetscErrorCode SgdCommand(const SgdInvocation *v) {
  static const struct {
    const char *name;
    PetscErrorCode (*run)(SgdProblem *, const SgdInvocation *, const char *);
  } commands[] = {{"run", Run}, {"spectrum", Spectrum}, {"modes", Modes}, {"sample", Sample}, {"check", Check}};
  SgdProblem p = {0};
  SgdCase c;
  char folder[PETSC_MAX_PATH_LEN];

  PetscFunctionBegin;
  PetscCall(SgdCaseOpen(PETSC_COMM_WORLD, v->path, v->sets, v->set, &c));
  if (v->folder)
    PetscCall(PetscStrncpy(folder, v->folder, sizeof folder));
  else
    PetscCall(DefaultFolder(v->path, folder, sizeof folder));
  PetscCall(SgdProblemRead(c, &p));
  for (size_t k = 0; k < sizeof commands / sizeof *commands; k++)
    if (!strcmp(v->command, commands[k].name)) PetscCall(commands[k].run(&p, v, folder));
  PetscCall(SgdProblemDestroy(&p));
  PetscCall(SgdCaseClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}
