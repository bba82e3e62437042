#include "compare.h"
#include "advance.h"
#include "error_check.h"
#include "output.h"
#include "stages.h"
#include "verdict_table.h"

typedef struct {
  SgdProblem *p;
  SgdHistory *h;
  SgdOutput out;
  SgdVerdictTable verdicts;
  SgdErrorCheck check;             /* NULL: none */
  unsigned warned[SGD_MAX_MODELS]; /* by the verdict */
  SgdAdvance models;
  Vec *y; /* the models' densities */
  PetscInt *steps;
  int count;
  double start;
} Comparison;

/* mass + outflow = 1 to this, plus what rounding may add up to over a long run (NUMERICS 4). */
static double MassBudget(PetscInt steps) {
  return 1e-12 + 2e-15 * (double)steps;
}

static PetscErrorCode AllocateHistory(Comparison *c, const char *const names[]) {
  SgdHistory *h = c->h;

  PetscFunctionBegin;
  h->models = c->p->models;
  h->reference = c->p->reference;
  h->capacity = c->count;
  h->model = names;
  PetscCall(PetscCalloc4(c->count, &h->step, c->count * h->models, &h->moments, c->count * h->models, &h->distances,
                         c->count * h->models, &h->verdict));
  if (c->p->settings.check->error) PetscCall(PetscCalloc1(h->models, &h->errors));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHistoryFree(SgdHistory *h) {
  PetscFunctionBegin;
  PetscCall(PetscFree(h->errors));
  PetscCall(PetscFree4(h->step, h->moments, h->distances, h->verdict));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode OpenOutput(Comparison *c, const char *folder, int argc, char **argv) {
  SgdProblem *p = c->p;
  const SgdOutputContext ctx = {.folder = folder,
                                .kase = p->kase,
                                .argc = argc,
                                .argv = argv,
                                .grid = p->grid,
                                .frame = p->frame,
                                .fields = p->fields,
                                .models = p->models,
                                .model = c->h->model,
                                .reference = p->reference,
                                .learning_rate = p->settings.sgd->learning_rate,
                                .tau = p->settings.schedule.tau};

  return SgdOutputOpen(&ctx, &c->out);
}

/* One line an output step: what went by, what is left. */
static PetscErrorCode Progress(Comparison *c, int k) {
  const SgdMoments *m = c->h->moments + k * c->h->models;
  double worst = 0, lowest = PETSC_MAX_REAL, outflow = 0, now;
  const double done = (double)c->steps[k] / (double)c->steps[c->count - 1];

  PetscFunctionBegin;
  for (int i = 0; i < c->h->models; i++) {
    worst = PetscMax(worst, PetscAbsReal(m[i].mass + m[i].outflow - 1));
    lowest = PetscMin(lowest, m[i].min_density);
    outflow = PetscMax(outflow, m[i].outflow);
  }
  now = MPI_Wtime() - c->start;
  PetscCall(SgdSay(c->p->comm,
                   "  step %6" PetscInt_FMT "/%" PetscInt_FMT
                   "  |mass+outflow-1| %.1e  min p %9.2e  outflow %8.2e  %6.1f s",
                   c->steps[k], c->steps[c->count - 1], worst, lowest, outflow, now));
  PetscCall(SgdSay(c->p->comm, done > 0 && done < 1 ? ", about %.0f s left\n" : "\n",
                   done > 0 ? now * (1 - done) / done : 0));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the grid makes of the densities, by the noise of the piece of the schedule just run. */
static PetscErrorCode JudgeResolution(Comparison *c, int k) {
  SgdProblem *p = c->p;

  PetscFunctionBegin;
  for (int i = 0; i < p->models; i++) {
    const int at = k * p->models + i;
    PetscCall(SgdVerdictCompute(p->model[i], p->fields, p->settings.schedule.eta[SgdAdvancePiece(c->models)], c->y[i],
                                &c->h->moments[at], &c->h->verdict[at]));
    PetscCall(SgdVerdictTableRow(c->verdicts, c->h->model[i], c->steps[k], &c->h->verdict[at]));
    PetscCall(SgdVerdictWarn(p->comm, p->grid->dim, c->h->model[i], c->steps[k], &c->h->verdict[at], &c->warned[i]));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Measure(Comparison *c, int k) {
  SgdHistory *h = c->h;
  SgdMoments *m = h->moments + k * h->models;

  PetscFunctionBegin;
  h->step[k] = c->steps[k];
  for (int i = 0; i < h->models; i++) PetscCall(SgdMomentsCompute(c->p->grid, c->y[i], &m[i]));
  for (int i = 0; i < h->models; i++)
    if (i != h->reference)
      PetscCall(SgdDistancesCompute(c->p->grid, c->y[i], c->y[h->reference], &h->distances[k * h->models + i]));
  h->steps = k + 1;
  PetscCall(SgdOutputStep(c->out, c->steps[k], c->y, m, h->distances + k * h->models));
  PetscCall(Progress(c, k));
  PetscCall(JudgeResolution(c, k));
  if (c->check) PetscCall(SgdErrorCheckStep(c->check, c->steps[k], c->y, m, h->errors));
  for (int i = 0; i < h->models; i++)
    if (!(PetscAbsReal(m[i].mass + m[i].outflow - 1) < MassBudget(c->steps[k])))
      return SgdFail(c->p->comm, SGD_EXIT_NUMBERS,
                     "model %s: mass + outflow differs from 1 by %.3g at step %" PetscInt_FMT
                     ", more than %.0e; what is written up to here stays",
                     h->model[i], m[i].mass + m[i].outflow - 1, c->steps[k], MassBudget(c->steps[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Advance(Comparison *c) {
  PetscFunctionBegin;
  for (int k = 0; k < c->count; k++) {
    PetscCall(SgdAdvanceTo(c->models, c->steps[k]));
    PetscCall(SgdStagePush("Output"));
    PetscCall(Measure(c, k));
    PetscCall(PetscLogStagePop());
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompareRun(SgdProblem *p, const char *folder, int argc, char **argv, SgdHistory *h,
                             double seconds[]) {
  static const char *names[SGD_MAX_MODELS];
  Comparison c = {.p = p, .h = h};
  Vec y0;

  PetscFunctionBegin;
  PetscCall(SgdSettingsOutputSteps(&p->settings, &c.count, &c.steps));
  for (int m = 0; m < p->models; m++) names[m] = SgdModelName(p->model[m]);
  PetscCall(AllocateHistory(&c, names));
  PetscCall(SgdProblemInitial(p, &y0));
  PetscCall(SgdAdvanceCreate(p, y0, &c.models));
  c.y = SgdAdvanceStates(c.models);
  PetscCall(OpenOutput(&c, folder, argc, argv));
  PetscCall(SgdVerdictTableOpen(p->comm, folder, p->grid->dim, &c.verdicts));
  if (h->errors) PetscCall(SgdErrorCheckCreate(p, folder, &c.check));
  PetscCall(SgdSay(p->comm, "Run: %d models, %d steps, to %s\n", p->models, p->settings.sgd->steps, folder));
  c.start = MPI_Wtime();
  PetscCall(Advance(&c));
  PetscCall(SgdOutputClose(&c.out));
  PetscCall(SgdVerdictTableClose(&c.verdicts));
  if (c.check) PetscCall(SgdErrorCheckView(c.check, h->errors));
  PetscCall(SgdErrorCheckDestroy(&c.check));
  PetscCall(PetscArraycpy(seconds, SgdAdvanceSeconds(c.models), p->models));
  PetscCall(SgdAdvanceDestroy(&c.models));
  PetscCall(VecDestroy(&y0));
  PetscCall(PetscFree(c.steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}
