/* A checkpoint of the command sample holds the reference point, the modes with all that is predicted of them, and the
   ensemble as far as it is. */
#include "solver/commands/sample.h"
#include "solver/ensemble/ensemble_walk.h"
#include "solver/restart/interrupt.h"
#include "solver/problem/problem_keep.h"
#include "solver/restart/restart.h"

typedef struct {
  SgdProblem *p;
  const char *folder;
  SgdModes *modes;
  SgdEnsembleWalk walk;
  SgdWatch watch;
} Sample;

/* What the table of modes says of the spectrum. */
static PetscErrorCode TransferSpectrum(SgdProblem *p, SgdCheckpoint c) {
  PetscFunctionBegin;
  if (!p->spectrum) {
    PetscCall(PetscNew(&p->spectrum));
    p->spectrum->P = SgdLandscapeDimension(p->landscape);
  }
  PetscCall(SgdCheckpointShared(c, "/spectrum/count", sizeof p->spectrum->count, &p->spectrum->count));
  if (!p->spectrum->mode) PetscCall(PetscCalloc1(p->spectrum->count, &p->spectrum->mode));
  PetscCall(SgdCheckpointShared(c, "/spectrum/mode", (size_t)p->spectrum->count * sizeof *p->spectrum->mode,
                                p->spectrum->mode));
  PetscCall(SgdCheckpointShared(c, "/spectrum/complete", sizeof p->spectrum->complete, &p->spectrum->complete));
  PetscCall(
      SgdCheckpointShared(c, "/spectrum/dense_error", sizeof p->spectrum->dense_error, &p->spectrum->dense_error));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode TransferModes(SgdProblem *p, SgdModes *modes, SgdCheckpoint c) {
  const size_t P = (size_t)SgdLandscapeDimension(p->landscape);
  SgdModes numbers = *modes; /* its pointers mean nothing to whoever reads them */

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(c, "/modes/numbers", sizeof numbers, &numbers));
  if (SgdCheckpointReading(c)) {
    *modes = numbers;
    PetscCall(PetscCalloc1(modes->count, &modes->row));
    PetscCall(PetscMalloc1((size_t)modes->count * P, &modes->V));
  }
  PetscCall(SgdCheckpointShared(c, "/modes/row", (size_t)modes->count * sizeof *modes->row, modes->row));
  PetscCall(SgdCheckpointShared(c, "/modes/V", (size_t)modes->count * P * sizeof *modes->V, modes->V));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleResume(SgdProblem *p, SgdModes *modes) {
  PetscFunctionBegin;
  PetscCall(TransferSpectrum(p, p->resume));
  PetscCall(TransferModes(p, modes, p->resume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Keep(Sample *s) {
  SgdCheckpoint c;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointCreate(s->p->comm, s->folder, &c));
  PetscCall(SgdRestartHead(c, s->p->kase, "sample"));
  PetscCall(SgdKeepReferencePoint(s->p, c));
  PetscCall(TransferSpectrum(s->p, c));
  PetscCall(TransferModes(s->p, s->modes, c));
  PetscCall(SgdEnsembleWalkTransfer(s->walk, c));
  PetscCall(SgdRestartWarnings(c));
  PetscCall(SgdCheckpointClose(&c));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Resume(Sample *s) {
  PetscFunctionBegin;
  PetscCall(SgdEnsembleWalkTransfer(s->walk, s->p->resume));
  PetscCall(SgdRestartWarnings(s->p->resume));
  PetscCall(SgdCheckpointClose(&s->p->resume));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode Report(void *context) {
  Sample *s = context;
  double done, left;

  PetscFunctionBegin;
  SgdEnsembleWalkProgress(s->walk, &done, &left);
  PetscCall(SgdSay(s->p->comm, "  trajectories: %.1f %% of all steps, about %.0f s left\n", 100 * done, left));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Watch(Sample *s) {
  s->watch.comm = s->p->comm;
  s->watch.interval = s->p->settings.output->checkpoint;
  s->watch.report = Report;
  s->watch.context = s;
  SgdWatchStart(&s->watch, MPI_Wtime() - s->p->began);
  SgdInterruptHold();
}

/* To the end; a checkpoint where one is due, an end where a signal asks for it. */
static PetscErrorCode WalkOn(Sample *s) {
  PetscFunctionBegin;
  for (;;) {
    PetscCall(SgdEnsembleWalkOn(s->walk, &s->watch));
    if (!SgdWatchPaused(&s->watch)) PetscFunctionReturn(PETSC_SUCCESS);
    PetscCall(Keep(s));
    if (s->watch.signal) return SgdRestartLater(s->p->comm, s->watch.signal, "sample", s->folder);
    SgdWatchResume(&s->watch);
  }
}

/* What the ensemble took, and whether it means what it should. */
static PetscErrorCode Judge(SgdProblem *p, SgdEnsemble e) {
  const int steps = p->settings.sgd->steps;

  PetscFunctionBegin;
  PetscCall(SgdSay(p->comm, "Ensemble: %d trajectories of %s, %d steps, %.1f s, %.3g steps per second\n", e->count,
                   p->trajectories->optimizer, steps, e->seconds, (double)e->count * steps / e->seconds));
  if (strcmp(p->trajectories->optimizer, "sgd"))
    PetscCall(SgdWarn(p->comm, "the predictions are those of plain SGD, the trajectories are of %s",
                      p->trajectories->optimizer));
  if (e->diverged)
    PetscCall(SgdWarn(p->comm, "%d of %d trajectories ran away and are left out", e->diverged, e->count));
  if (e->count - e->diverged < 3)
    return SgdFail(p->comm, SGD_EXIT_NUMBERS, "trajectories: nearly all of them ran away; sgd.learning_rate is %g",
                   p->settings.sgd->learning_rate);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSampleRun(SgdProblem *p, const char *folder, SgdModes *modes, SgdEnsemble *e) {
  const SgdSgdOptions *sgd = p->settings.sgd;
  const SgdTrajectoriesStep step = {sgd->learning_rate, sgd->batch_size, SgdSettingsDrawLaw(&p->settings), sgd->steps};
  Sample s = {.p = p, .folder = folder, .modes = modes};

  PetscFunctionBegin;
  PetscCall(SgdEnsembleWalkCreate(p->landscape, p->w_ref, p->trajectories, &step, modes->count, modes->V, &s.walk));
  if (p->resume) PetscCall(Resume(&s));
  Watch(&s);
  PetscCall(WalkOn(&s));
  PetscCall(SgdEnsembleWalkFinish(&s.walk, e));
  PetscCall(Judge(p, *e));
  PetscFunctionReturn(PETSC_SUCCESS);
}
