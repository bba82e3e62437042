/* A run's checkpoint: preparation, every model's density and integrator, the error check's, and all that was measured.
   The tables are written again from what was measured; density.h5 keeps its steps, and loses those beyond the
   checkpoint. */
#include "solver/comparison/compareimpl.h"
#include "solver/problem/problem_checkpoint.h"
#include "solver/restart/restart.h"

static PetscErrorCode CheckpointHistory(SgdComparison *c, SgdCheckpoint f) {
  SgdHistory *h = c->h;
  size_t rows;

  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(f, "/history/steps", sizeof h->steps, &h->steps));
  if (h->steps < 0 || h->steps >= c->count)
    return SgdFail(c->grid->comm, SGD_EXIT_FILES, "%s/%s: counts %d output steps of %d", c->x.folder, SGD_CHECKPOINT,
                   h->steps, c->count);
  rows = (size_t)h->steps * (size_t)h->models;
  PetscCall(SgdCheckpointShared(f, "/history/step", (size_t)h->steps * sizeof *h->step, h->step));
  PetscCall(SgdCheckpointShared(f, "/history/moments", rows * sizeof *h->moments, h->moments));
  PetscCall(SgdCheckpointShared(f, "/history/distances", rows * sizeof *h->distances, h->distances));
  PetscCall(SgdCheckpointShared(f, "/history/verdict", rows * sizeof *h->verdict, h->verdict));
  if (h->errors) PetscCall(SgdCheckpointShared(f, "/history/errors", rows * sizeof *h->errors, h->errors));
  if (h->sampling) PetscCall(SgdCheckpointShared(f, "/history/sampling", rows * sizeof *h->sampling, h->sampling));
  PetscCall(SgdCheckpointShared(f, "/history/warned", sizeof c->warned, c->warned));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The rows of moments_every_step.csv, those since the last output step too. */
static PetscErrorCode CheckpointStepMoments(SgdComparison *c, int m, SgdCheckpoint f) {
  const SgdStepRow *now;
  PetscInt count;
  SgdStepRow *rows;
  char path[64];

  PetscFunctionBegin;
  PetscCall(SgdStepMomentsRows(c->moments, m, &count, &now));
  PetscCall(PetscSNPrintf(path, sizeof path, "/history/every_step_%d", m));
  PetscCall(SgdCheckpointShared(f, path, sizeof count, &count));
  if (count < 0 || count > SGD_STEPS_SHOWN + c->count + 200)
    return SgdFail(c->grid->comm, SGD_EXIT_FILES, "%s/%s: counts %" PetscInt_FMT " rows of moments", c->x.folder,
                   SGD_CHECKPOINT, count);
  PetscCall(PetscMalloc1(count, &rows));
  if (!SgdCheckpointReading(f)) PetscCall(PetscArraycpy(rows, now, count));
  PetscCall(PetscSNPrintf(path, sizeof path, "/history/every_step_%d_rows", m));
  PetscCall(SgdCheckpointShared(f, path, (size_t)count * sizeof *rows, rows));
  if (SgdCheckpointReading(f))
    PetscCall(SgdStepMomentsSetRows(c->moments, m, count, rows, c->h->steps ? c->h->step[c->h->steps - 1] : 0));
  PetscCall(PetscFree(rows));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* What the fields say of themselves is the worst of all pieces of a slice that follows the mean. */
static PetscErrorCode CheckpointFields(SgdFields fields, SgdCheckpoint f) {
  PetscFunctionBegin;
  PetscCall(SgdCheckpointShared(f, "/fields/interpolation_error", sizeof(double), &fields->interpolation_error));
  PetscCall(SgdCheckpointShared(f, "/fields/drift_error", sizeof(double), &fields->drift_error));
  PetscCall(SgdCheckpointShared(f, "/fields/noise_error", sizeof(double), &fields->noise_error));
  PetscCall(SgdCheckpointShared(f, "/fields/outside_share", sizeof(double), &fields->outside_share));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode CheckpointAll(SgdComparison *c, SgdCheckpoint f) {
  PetscFunctionBegin;
  PetscCall(CheckpointHistory(c, f));
  PetscCall(SgdAdvanceCheckpoint(c->models, f, "/models"));
  for (int m = 0; m < c->h->models; m++) PetscCall(CheckpointStepMoments(c, m, f));
  PetscCall(CheckpointFields(c->x.models->fields, f));
  if (c->check) PetscCall(SgdErrorCheckCheckpoint(c->check, f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static PetscErrorCode WriteParts(void *context, SgdCheckpoint f) {
  SgdComparison *c = context;
  SgdFrame frame = c->x.models->context.slice->frame;

  PetscFunctionBegin;
  PetscCall(SgdRestartHead(f, c->x.models->context.kase, "run"));
  PetscCall(SgdCheckpointReferencePoint(f, frame->P, c->x.point->w_ref));
  PetscCall(SgdCheckpointFrame(f, frame->P, c->x.point->w_ref, &frame));
  PetscCall(SgdCheckpointGrid(f, c->grid->comm, &c->grid));
  PetscCall(CheckpointAll(c, f));
  PetscCall(SgdRestartWarnings(f, SgdJournalOf(c->grid->comm)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdComparisonCheckpoint(SgdComparison *c) {
  return SgdCheckpointWrite(c->grid->comm, c->x.folder, WriteParts, c);
}

PetscErrorCode SgdComparisonRestart(SgdComparison *c, SgdCheckpoint *from) {
  PetscFunctionBegin;
  PetscCall(CheckpointAll(c, *from));
  PetscCall(SgdRestartWarnings(*from, SgdJournalOf(c->grid->comm)));
  PetscCall(SgdCheckpointClose(from));
  c->y = SgdAdvanceStates(c->models);
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdComparisonRestartTables(SgdComparison *c) {
  const SgdHistory *h = c->h;

  PetscFunctionBegin;
  for (int k = 0; k < h->steps; k++) {
    const int at = k * h->models;
    PetscCall(SgdOutputRestartStep(c->out, h->step[k], h, k));
    PetscCall(SgdStepTableRows(c->every_step, c->moments, h->step[k]));
    for (int i = 0; i < h->models; i++)
      PetscCall(SgdVerdictTableRow(c->verdicts, h->model[i], h->step[k], &h->verdict[at + i]));
    PetscCall(SgdErrorBarsRow(c->bars, h, k));
    if (c->check) PetscCall(SgdErrorCheckRow(c->check, h->step[k], h->errors + at));
  }
  PetscFunctionReturn(PETSC_SUCCESS);
}
