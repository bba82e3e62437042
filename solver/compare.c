#include "compare.h"
#include "evolve.h"
#include "output.h"
#include "stages.h"

typedef struct {
  SgdProblem *p;
  SgdHistory *h;
  SgdOutput out;
  SgdEvolution evolution[SGD_MAX_MODELS];
  Vec y[SGD_MAX_MODELS];
  PetscInt *steps;
  int count, piece;
  double start, *seconds;
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
  PetscCall(PetscCalloc3(c->count, &h->step, c->count * h->models, &h->moments, c->count * h->models, &h->distances));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdHistoryFree(SgdHistory *h) {
  return PetscFree3(h->step, h->moments, h->distances);
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
  for (int i = 0; i < h->models; i++)
    if (!(PetscAbsReal(m[i].mass + m[i].outflow - 1) < MassBudget(c->steps[k])))
      return SgdFail(c->p->comm, SGD_EXIT_NUMBERS,
                     "model %s: mass + outflow differs from 1 by %.3g at step %" PetscInt_FMT
                     ", more than %.0e; what is written up to here stays",
                     h->model[i], m[i].mass + m[i].outflow - 1, c->steps[k], MassBudget(c->steps[k]));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model to step n of this piece of the schedule. */
static PetscErrorCode AdvanceWithin(Comparison *c, PetscInt n) {
  char stage[80];

  PetscFunctionBegin;
  for (int m = 0; m < c->p->models; m++) {
    const double before = MPI_Wtime();
    PetscCall(PetscSNPrintf(stage, sizeof stage, "Step:%s", c->h->model[m]));
    PetscCall(SgdStagePush(stage));
    PetscCall(SgdEvolutionAdvance(c->evolution[m], n - c->p->settings.schedule.start[c->piece]));
    PetscCall(PetscLogStagePop());
    c->seconds[m] += MPI_Wtime() - before;
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Evolutions of the current piece, from y[m]. */
static PetscErrorCode Begin(Comparison *c) {
  SgdLeapOptions *leaps;

  PetscFunctionBegin;
  PetscCall(SgdLeapRead(c->p->kase, &leaps));
  for (int m = 0; m < c->p->models; m++) {
    SgdEvolution last = c->evolution[m];
    PetscCall(SgdEvolutionCreate(c->p->model[m], c->p->grid, c->p->settings.schedule.eta[c->piece], c->y[m],
                                 &c->evolution[m]));
    PetscCall(SgdEvolutionLeaps(c->evolution[m], c->p->grid, leaps));
    c->y[m] = SgdEvolutionState(c->evolution[m]);
    PetscCall(SgdEvolutionDestroy(&last));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Every model to step n, across the pieces of the schedule. */
static PetscErrorCode AdvanceTo(Comparison *c, PetscInt n) {
  const SgdSchedule *s = &c->p->settings.schedule;

  PetscFunctionBegin;
  while (n > s->start[c->piece + 1]) {
    PetscCall(AdvanceWithin(c, s->start[c->piece + 1]));
    PetscCall(SgdProblemModelsOfPiece(c->p, ++c->piece));
    PetscCall(Begin(c));
  }
  PetscCall(AdvanceWithin(c, n));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Advance(Comparison *c) {
  PetscFunctionBegin;
  for (int k = 0; k < c->count; k++) {
    PetscCall(AdvanceTo(c, c->steps[k]));
    PetscCall(SgdStagePush("Output"));
    PetscCall(Measure(c, k));
    PetscCall(PetscLogStagePop());
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCompareRun(SgdProblem *p, const char *folder, int argc, char **argv, SgdHistory *h,
                             double seconds[]) {
  static const char *names[SGD_MAX_MODELS];
  Comparison c = {.p = p, .h = h, .seconds = seconds};
  Vec y0;

  PetscFunctionBegin;
  PetscCall(SgdSettingsOutputSteps(&p->settings, &c.count, &c.steps));
  for (int m = 0; m < p->models; m++) names[m] = SgdModelName(p->model[m]);
  PetscCall(AllocateHistory(&c, names));
  PetscCall(SgdProblemInitial(p, &y0));
  for (int m = 0; m < p->models; m++) {
    c.y[m] = y0;
    seconds[m] = 0;
  }
  PetscCall(Begin(&c));
  PetscCall(OpenOutput(&c, folder, argc, argv));
  PetscCall(SgdSay(p->comm, "Run: %d models, %d steps, to %s\n", p->models, p->settings.sgd->steps, folder));
  c.start = MPI_Wtime();
  PetscCall(Advance(&c));
  PetscCall(SgdOutputClose(&c.out));
  for (int m = 0; m < p->models; m++) PetscCall(SgdEvolutionDestroy(&c.evolution[m]));
  PetscCall(VecDestroy(&y0));
  PetscCall(PetscFree(c.steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}
