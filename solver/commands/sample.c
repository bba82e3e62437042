/* A checkpoint of the command sample holds the reference point, the modes with all that is predicted of them, and the
   ensemble as far as it is. */
#include "solver/commands/sample.h"
#include "cases/base/package.h"
#include "solver/ensemble/ensemble_walk.h"
#include "solver/problem/problem_checkpoint.h"
#include "solver/restart/interrupt.h"
#include "solver/restart/restart.h"

typedef struct {
  const SgdSections *sections;
  const char *folder;
  const SgdReference *point;
  SgdModes *modes;
  SgdEnsembleWalk walk; /* NULL: growing */
  SgdGrowing growing;
  PetscInt end; /* of its walk */
  SgdWatch watch;
} Sample;

/* What the table of modes says of the spectrum. */
static PetscErrorCode CheckpointSpectrum(SgdSpectrum s, SgdCheckpoint c) {
  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/spectrum/count", sizeof s->count, &s->count));
  if (!s->mode) PetscCall(PetscCalloc1(s->count, &s->mode));
  PetscCall(SgdCheckpointShared(c, "/spectrum/mode", (size_t)s->count * sizeof *s->mode, s->mode));
  PetscCall(SgdCheckpointShared(c, "/spectrum/complete", sizeof s->complete, &s->complete));
  PetscCall(SgdCheckpointShared(c, "/spectrum/dense_error", sizeof s->dense_error, &s->dense_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Their vectors: whole as one part; shared out, one vector after the other, on any number of ranks. */
static PetscErrorCode CheckpointVectors(size_t P, SgdModes *modes, SgdCheckpoint c) {
  const SgdShares shares = modes->shares;
  const size_t each = shares ? (size_t)shares->local : P;
  char name[32];
  Vec v;

  PetscFunctionBegin;
  if (SgdCheckpointReading(c)) PetscCall(PetscMalloc1((size_t)modes->count * each, &modes->V));
  if (!shares) PetscCall(SgdCheckpointShared(c, "/modes/V", (size_t)modes->count * P * sizeof *modes->V, modes->V));
  for (int k = 0; shares && k < modes->count; k++) {
    PetscCall(PetscSNPrintf(name, sizeof name, "/modes/V_%d", k));
    PetscCall(VecCreateMPIWithArray(shares->comm, 1, shares->local, shares->P, modes->V + (size_t)k * each, &v));
    PetscCall(SgdCheckpointState(c, name, v));
    PetscCall(VecDestroy(&v));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckpointModes(SgdSpectrum s, MPI_Comm comm, SgdModes *modes, SgdCheckpoint c) {
  SgdModes numbers = *modes; /* addresses, of no use in a file but as answers to whether there is something */

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/modes/numbers", sizeof numbers, &numbers));
  if (SgdCheckpointReading(c)) {
    *modes = numbers;
    PetscCall(PetscCalloc1(modes->count, &modes->row));
    if (numbers.shares) PetscCall(SgdSharesCreate(comm, s->P, &s->shares));
    modes->shares = s->shares;
    if (numbers.cov) PetscCall(SgdModesMakeReplicas(modes, numbers.replicas));
  }
  PetscCall(SgdCheckpointShared(c, "/modes/row", (size_t)modes->count * sizeof *modes->row, modes->row));
  if (modes->cov) {
    const size_t square = (size_t)modes->count * (size_t)modes->count * sizeof *modes->cov;
    PetscCall(SgdCheckpointShared(c, "/modes/cov", square, modes->cov));
    PetscCall(SgdCheckpointShared(c, "/modes/cov_error", square, modes->cov_error));
    PetscCall(SgdCheckpointShared(
        c, "/modes/replica", (size_t)modes->replicas * (size_t)modes->count * sizeof *modes->replica, modes->replica));
  }
  PetscCall(CheckpointVectors((size_t)s->P, modes, c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleRestart(SgdCheckpoint from, SgdReference *r, SgdModes *modes) {
  const PetscInt P = SgdLandscapeDimension(r->landscape);

  PetscFunctionBegin;
  PetscCall(PetscNew(&r->spectrum));
  r->spectrum->P = P;
  PetscCall(CheckpointSpectrum(r->spectrum, from));
  PetscCall(CheckpointModes(r->spectrum, SgdLandscapeComm(r->landscape), modes, from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckpointEnsemble(Sample *s, SgdCheckpoint c) {
  return s->walk ? SgdEnsembleWalkCheckpoint(s->walk, c) : SgdGrowingCheckpoint(s->growing, c, "/growing");
}

static PetscErrorCode WriteParts(void *context, SgdCheckpoint c) {
  Sample *s = context;
  const PetscInt P = SgdLandscapeDimension(s->point->landscape);

  PetscFunctionBegin;
  PetscCall(SgdRestartHead(c, s->sections->kase, "sample"));
  PetscCall(SgdCheckpointReferencePoint(c, P, s->point->w_ref));
  PetscCall(CheckpointSpectrum(s->point->spectrum, c));
  PetscCall(CheckpointModes(s->point->spectrum, s->watch.comm, s->modes, c));
  PetscCall(CheckpointEnsemble(s, c));
  PetscCall(SgdRestartWarnings(c, SgdJournalOf(s->watch.comm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCheckpoint(Sample *s) {
  return SgdCheckpointWrite(s->watch.comm, s->folder, WriteParts, s);
}

static PetscErrorCode Restart(Sample *s, SgdCheckpoint *from) {
  PetscFunctionBegin;
  PetscCall(CheckpointEnsemble(s, *from));
  PetscCall(SgdRestartWarnings(*from, SgdJournalOf(SgdCaseComm(s->sections->kase))));
  PetscCall(SgdCheckpointClose(from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReportProgress(void *context) {
  Sample *s = context;
  double done, left;

  PetscFunctionBegin;
  if (!s->walk)
    return SgdTell(s->watch.comm, -1, -1,
                   "growing ensemble: at step %" PetscInt_FMT " of %" PetscInt_FMT ", %d members",
                   SgdGrowingStep(s->growing), s->end, SgdGrowingCount(s->growing));
  SgdEnsembleWalkProgress(s->walk, &done, &left);
  PetscCall(SgdTell(s->watch.comm, done, left, "trajectories: %.1f %% of all steps", 100 * done));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Watch(Sample *s, double began) {
  PetscFunctionBegin;
  s->watch.comm = SgdCaseComm(s->sections->kase);
  s->watch.interval = s->sections->settings.output->checkpoint;
  s->watch.report = ReportProgress;
  s->watch.context = s;
  PetscCall(SgdWatchStart(&s->watch, MPI_Wtime() - began));
  SgdInterruptHold();
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* To the end; a checkpoint where one is due, an end where a signal asks for it. What is computed of the whole ensemble
   afterwards cannot be stopped halfway. */
static PetscErrorCode WalkOn(Sample *s) {
  PetscFunctionBegin;
  for (;;) {
    SgdLogged(SGD_Trajectories,
              s->walk ? SgdEnsembleWalkOn(s->walk, &s->watch) : SgdGrowingTo(s->growing, s->end, &s->watch));
    if (!SgdWatchPaused(&s->watch)) PetscCall(SgdWatchSecure(&s->watch));
    if (!SgdWatchPaused(&s->watch)) PetscFunctionReturn(PETSC_SUCCESS);
    SgdLogged(SGD_Checkpoint, WriteCheckpoint(s));
    if (s->watch.signal) return SgdRestartLater(s->watch.comm, s->watch.signal, "sample", s->folder);
    SgdWatchRestart(&s->watch);
  }
}

/* What the ensemble took, and how many trajectories were left out. */
static PetscErrorCode JudgeEnsemble(const SgdSections *s, SgdEnsemble e) {
  const int steps = s->settings.sgd->steps;
  const MPI_Comm comm = SgdCaseComm(s->kase);
  const char *optimizer = s->trajectories->optimizer;

  PetscFunctionBegin;
  PetscCall(SgdSay(comm, "Ensemble: %d trajectories of %s, %d steps, %.1f s, %.3g steps per second\n", e->count,
                   optimizer, steps, e->seconds, (double)e->count * steps / e->seconds));
  if (strcmp(optimizer, "sgd"))
    PetscCall(SgdWarn(comm, "the predictions are those of plain SGD, the trajectories are of %s", optimizer));
  if (e->diverged) PetscCall(SgdWarn(comm, "%d of %d trajectories ran away and are left out", e->diverged, e->count));
  if (e->count - e->diverged < 3)
    return SgdFail(comm, SGD_EXIT_NUMBERS, "trajectories: nearly all of them ran away; sgd.learning_rate is %g",
                   s->settings.sgd->learning_rate);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleRun(SgdWork *work, const SgdReference *r, SgdModes *modes, SgdEnsemble *e) {
  const SgdSections *sections = work->sections;
  const SgdSgdOptions *sgd = sections->settings.sgd;
  const SgdTrajectoriesStep step = {sgd->learning_rate, sgd->batch_size, sgd->draw, sgd->steps};
  Sample s = {.sections = sections, .folder = work->folder, .point = r, .modes = modes};

  PetscFunctionBegin;
  PetscCall(SgdEnsembleWalkCreate(r->landscape, r->w_ref, sections->trajectories, &step, modes->shares, modes->count,
                                  modes->V, &s.walk));
  if (work->from) PetscCall(Restart(&s, &work->from));
  PetscCall(Watch(&s, work->began));
  PetscCall(WalkOn(&s));
  PetscCall(SgdEnsembleWalkFinish(&s.walk, e));
  PetscCall(JudgeEnsemble(sections, *e));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What its accuracy costs: members times steps, and the gradients of the last step, over what as good an ensemble of plain
   trajectories takes. */
static PetscErrorCode ViewGrowing(const Sample *s, const SgdLastStep *last, double gradients, double seconds) {
  const SgdSgdOptions *sgd = s->sections->settings.sgd;
  double trajectories = 0;

  PetscFunctionBegin;
  for (int k = 0; k < s->modes->count; k++) trajectories += (double)s->modes->row[k].measured.count / s->modes->count;
  PetscCall(SgdSay(s->watch.comm,
                   "Growing ensemble: %d members at the end, %.1f s; a variance is known as well as by %.0f plain "
                   "trajectories in the mean, at the cost of %.0f (by gradients of single samples)\n",
                   last->count, seconds, trajectories, gradients / ((double)sgd->batch_size * sgd->steps)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleGrowing(SgdWork *work, const SgdReference *r, SgdModes *modes, SgdModeCovariance *c) {
  const SgdSections *sections = work->sections;
  const SgdSgdOptions *sgd = sections->settings.sgd;
  const SgdTrajectoriesOptions *t = sections->trajectories;
  const SgdNetworkOptions options = {.members = t->members,
                                     .doublings = t->doublings,
                                     .grow = t->grow,
                                     .grow_count = t->grow_count,
                                     .samples = t->samples,
                                     .seed = t->seed};
  const SgdGrowingContext context = {.landscape = r->landscape,
                                     .w_ref = r->w_ref,
                                     .dim = modes->count,
                                     .V = modes->V,
                                     .schedule = &sections->settings.schedule,
                                     .law = sgd->draw,
                                     .options = &options};
  Sample s = {.sections = sections, .folder = work->folder, .point = r, .modes = modes, .end = sgd->steps - 1};
  const double start = MPI_Wtime();
  SgdLastStep last;

  PetscFunctionBegin;
  PetscCall(SgdGrowingCreate(&context, &s.growing));
  PetscCall(SgdGrowingView(s.growing));
  if (work->from) PetscCall(Restart(&s, &work->from));
  PetscCall(Watch(&s, work->began));
  PetscCall(WalkOn(&s));
  PetscCall(SgdLastStepCompute(s.growing, &context, NULL, &last));
  PetscCall(SgdModeCovarianceGrowing(modes, &last, t->members, c));
  const double gradients =
      SgdGrowingCost(s.growing, 0) + (double)last.count * (double)SgdLastStepSamples(&context, sgd->batch_size);
  PetscCall(ViewGrowing(&s, &last, gradients, MPI_Wtime() - start));
  PetscCall(SgdLastStepFree(&last));
  PetscCall(SgdGrowingDestroy(&s.growing));
  PetscFunctionReturn(PETSC_SUCCESS);
}
