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
  SgdEnsembleWalk walk;
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

static PetscErrorCode CheckpointModes(size_t P, SgdModes *modes, SgdCheckpoint c) {
  SgdModes numbers = *modes; /* addresses, of no use in a file */

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/modes/numbers", sizeof numbers, &numbers));
  if (SgdCheckpointReading(c)) {
    *modes = numbers;
    PetscCall(PetscCalloc1(modes->count, &modes->row));
    PetscCall(PetscMalloc1((size_t)modes->count * P, &modes->V));
    if (numbers.cov) PetscCall(PetscMalloc1((size_t)modes->count * (size_t)modes->count, &modes->cov));
  }
  PetscCall(SgdCheckpointShared(c, "/modes/row", (size_t)modes->count * sizeof *modes->row, modes->row));
  if (modes->cov)
    PetscCall(SgdCheckpointShared(c, "/modes/cov", (size_t)modes->count * (size_t)modes->count * sizeof *modes->cov,
                                  modes->cov));
  PetscCall(SgdCheckpointShared(c, "/modes/V", (size_t)modes->count * P * sizeof *modes->V, modes->V));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleRestart(SgdCheckpoint from, SgdReference *r, SgdModes *modes) {
  const PetscInt P = SgdLandscapeDimension(r->landscape);

  PetscFunctionBegin;
  PetscCall(PetscNew(&r->spectrum));
  r->spectrum->P = P;
  PetscCall(CheckpointSpectrum(r->spectrum, from));
  PetscCall(CheckpointModes((size_t)P, modes, from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteParts(void *context, SgdCheckpoint c) {
  Sample *s = context;
  const PetscInt P = SgdLandscapeDimension(s->point->landscape);

  PetscFunctionBegin;
  PetscCall(SgdRestartHead(c, s->sections->kase, "sample"));
  PetscCall(SgdCheckpointReferencePoint(c, P, s->point->w_ref));
  PetscCall(CheckpointSpectrum(s->point->spectrum, c));
  PetscCall(CheckpointModes((size_t)P, s->modes, c));
  PetscCall(SgdEnsembleWalkCheckpoint(s->walk, c));
  PetscCall(SgdRestartWarnings(c, SgdJournalOf(s->watch.comm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteCheckpoint(Sample *s) {
  return SgdCheckpointWrite(s->watch.comm, s->folder, WriteParts, s);
}

static PetscErrorCode Restart(Sample *s, SgdCheckpoint *from) {
  PetscFunctionBegin;
  PetscCall(SgdEnsembleWalkCheckpoint(s->walk, *from));
  PetscCall(SgdRestartWarnings(*from, SgdJournalOf(SgdCaseComm(s->sections->kase))));
  PetscCall(SgdCheckpointClose(from));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode ReportProgress(void *context) {
  Sample *s = context;
  double done, left;

  PetscFunctionBegin;
  SgdEnsembleWalkProgress(s->walk, &done, &left);
  PetscCall(SgdSay(s->watch.comm, "  trajectories: %.1f %% of all steps, about %.0f s left\n", 100 * done, left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Watch(Sample *s, double began) {
  s->watch.comm = SgdCaseComm(s->sections->kase);
  s->watch.interval = s->sections->settings.output->checkpoint;
  s->watch.report = ReportProgress;
  s->watch.context = s;
  SgdWatchStart(&s->watch, MPI_Wtime() - began);
  SgdInterruptHold();
}

/* To the end; a checkpoint where one is due, an end where a signal asks for it. */
static PetscErrorCode WalkOn(Sample *s) {
  PetscFunctionBegin;
  for (;;) {
    SgdLogged(SGD_Trajectories, SgdEnsembleWalkOn(s->walk, &s->watch));
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
  PetscCall(
      SgdEnsembleWalkCreate(r->landscape, r->w_ref, sections->trajectories, &step, modes->count, modes->V, &s.walk));
  if (work->from) PetscCall(Restart(&s, &work->from));
  Watch(&s, work->began);
  PetscCall(WalkOn(&s));
  PetscCall(SgdEnsembleWalkFinish(&s.walk, e));
  PetscCall(JudgeEnsemble(sections, *e));
  PetscFunctionReturn(PETSC_SUCCESS);
}
