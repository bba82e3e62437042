/* The commands spectrum and stationary. */
#include "solver/commands/preparation.h"
#include "solver/output/status.h"

PetscErrorCode SgdCommandSpectrum(SgdWork *work) {
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);
  SgdReference r;

  PetscFunctionBegin;
  PetscCall(SgdPrepareReference(work, PETSC_TRUE, &r));
  PetscCall(SgdBeginFolder(work));
  PetscCall(SgdSpectrumWrite(r.spectrum, comm, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdSay(comm, "These regimes take each mode by itself; what the coupling of the modes changes, and how a "
                         "batch's Hessian scatters: sgdfp modes, against trajectories sgdfp sample\n"));
  PetscCall(SgdUnusedOptions(comm));
  PetscCall(SgdReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdCommandStationary(SgdWork *work) {
  const SgdSections *s = work->sections;
  const PetscBool halve = (PetscBool)s->settings.check->error;
  SgdReference r;
  SgdSliceStage slice;
  SgdModels models;

  PetscFunctionBegin;
  SgdCaseCheck(s->kase, !SgdSliceFollows(s->slice), "slice.follow",
               "a slice that moves has no stationary state: the command stationary takes follow: none");
  for (int m = 0; m < s->models.count; m++)
    SgdCaseCheck(s->kase, SgdModelGetKind(s->models.model[m]) != SGD_ENSEMBLE, "models",
                 "\"%s\" is measured by an ensemble and has no operator: it goes with the command run",
                 SgdModelName(s->models.model[m]));
  SgdCaseCheck(s->kase, s->settings.schedule.pieces == 1, "schedule",
               "nothing comes to rest under rates that change: the command stationary takes a constant learning rate");
  PetscCall(SgdSectionsFit(s));
  PetscCall(SgdPrepareReference(work, PETSC_FALSE, &r));
  PetscCall(SgdPrepareModels(work, &r, &slice, &models));
  PetscCall(SgdBeginFolder(work));
  PetscCall(SgdStationaryRun(&models, s->stationary, halve, s->name, work->folder));
  PetscCall(SgdStatusFinish());
  PetscCall(SgdUnusedOptions(slice.grid->comm));
  PetscCall(SgdSay(slice.grid->comm, "Done: %s/stationary.json, stationary.h5\n", work->folder));
  PetscCall(SgdModelsDestroy(&models));
  PetscCall(SgdSliceStageDestroy(&slice));
  PetscCall(SgdReferenceDestroy(&r));
  PetscFunctionReturn(PETSC_SUCCESS);
}
