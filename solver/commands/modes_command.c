/* The commands modes and sample: how far each mode spreads, predicted, and measured by trajectories. */
#include "solver/commands/preparation.h"
#include "solver/commands/sample.h"
#include "solver/output/status.h"
#include "solver/restart/interrupt.h"

/* What these predictions do not cover. */
static PetscErrorCode CheckCase(const SgdSections *s) {
  PetscFunctionBegin;
  SgdCaseCheck(s->kase, s->settings.sgd->momentum == 0, "sgd.momentum",
               "the commands modes and sample predict plain SGD; for trajectories with momentum set "
               "trajectories.optimizer to heavy_ball");
  SgdCaseCheck(s->kase, s->settings.schedule.pieces == 1, "schedule",
               "the commands modes and sample take a constant learning rate");
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Spectrum and the predicted spread of its modes; after a restart both are the checkpoint's. */
static PetscErrorCode PredictModes(SgdWork *work, SgdReference *r, SgdModes *modes) {
  const SgdSections *s = work->sections;
  const SgdTrajectoriesOptions *t = s->trajectories;

  PetscFunctionBegin;
  PetscCall(CheckCase(s));
  PetscCall(SgdPrepareReference(work, PETSC_TRUE, r));
  PetscCall(SgdWriteHead(work, r, NULL));
  if (work->from) {
    PetscCall(SgdSampleRestart(work->from, r, modes));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdInterruptDoing("the prediction of the modes");
  PetscCall(SgdModesChoose(r->spectrum, SgdCaseComm(s->kase), t->modes, t->flat, modes));
  PetscCall(SgdModesPredict(modes, s->landscape, r->w_ref, r->spectrum, s->settings.sgd, s->closure));
  PetscCall(SgdModesViewClosure(modes, s->settings.sgd->steps, s->closure->refresh, SgdCaseComm(s->kase)));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandModes(SgdWork *work) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  SgdReference r;
  SgdModes modes;

  PetscFunctionBegin;
  PetscCall(PredictModes(work, &r, &modes));
  PetscCall(SgdModesView(&modes, r.spectrum, comm));
  PetscCall(SgdModesWrite(&modes, r.spectrum, NULL, comm, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdReferenceDestroy(&r));
  PetscCall(SgdUnusedOptions(comm));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandSample(SgdWork *work) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  SgdReference r;
  SgdModes modes;
  SgdEnsemble e;

  PetscFunctionBegin;
  PetscCall(PredictModes(work, &r, &modes));
  PetscCall(SgdSampleRun(work, &r, &modes, &e));
  PetscCall(SgdModesMeasure(&modes, e));
  PetscCall(SgdModesView(&modes, r.spectrum, comm));
  PetscCall(SgdModesWrite(&modes, r.spectrum, e, comm, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdCheckpointRemove(comm, work->folder));
  PetscCall(SgdUnusedOptions(comm));
  PetscCall(SgdModesExpect(&modes, work->sections->closure, comm));
  PetscCall(SgdEnsembleDestroy(&e));
  PetscCall(SgdModesDestroy(&modes));
  PetscCall(SgdReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}
