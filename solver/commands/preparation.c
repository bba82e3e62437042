#include "solver/commands/preparation.h"
#include "solver/commands/claim.h"
#include "solver/output/output.h"
#include "solver/output/status.h"
#include "solver/problem/axes.h"
#include "solver/restart/stages.h"

static PetscErrorCode Spectrum(SgdWork *work, SgdReference *r) {
  const SgdSections *s = work->sections;

  PetscFunctionBegin;
  PetscCall(SgdStagePush("Spectrum"));
  PetscCall(SgdReferenceSpectrum(r, s->kase, s->spectrum, s->settings.sgd));
  PetscCall(SgdSpectrumView(r->spectrum, SgdCaseComm(s->kase)));
  PetscCall(SgdStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* Where the spectrum is not wanted for itself, as after a restart: for the noise's modes alone, if it has any. */
static PetscErrorCode ShapeNoise(SgdWork *work, SgdReference *r) {
  const SgdSections *s = work->sections;
  const int *modes;

  PetscFunctionBegin;
  if (SgdLandscapeNoiseModes(s->landscape, &modes))
    PetscCall(SgdSpectrumObtain(s->kase, s->landscape, r->w_ref, s->spectrum, &r->spectrum));
  PetscCall(SgdReferenceShapeNoise(r, s->kase));
  PetscCall(SgdSpectrumDestroy(&r->spectrum));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPrepareReference(SgdWork *work, PetscBool spectrum, SgdReference *r) {
  const SgdSections *s = work->sections;
  const int *modes;

  PetscFunctionBegin;
  PetscCall(SgdScheduleView(&s->settings.schedule, SgdCaseComm(s->kase)));
  PetscCall(SgdLandscapeView(s->landscape));
  PetscCall(SgdStagePush("Reference point"));
  PetscCall(SgdReferenceFind(s->landscape, s->training, work->from, r));
  PetscCall(SgdReferenceView(r));
  PetscCall(SgdStagePop());
  if (!work->from && (spectrum || SgdAxesNeedSpectrum(s->slice) || SgdLandscapeNoiseModes(s->landscape, &modes)))
    PetscCall(Spectrum(work, r));
  else
    PetscCall(ShapeNoise(work, r));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* The densities know the law of one batch only; a noise given in closed form has no samples that could run out. */
static PetscErrorCode WarnOfDraws(const SgdSections *s) {
  const SgdSgdOptions *sgd = s->settings.sgd;

  if (sgd->draw == SGD_DRAW_WITH_REPLACEMENT) return PETSC_SUCCESS;
  if (!SgdLandscapePopulation(s->landscape))
    return SgdWarn(
        SgdCaseComm(s->kase),
        "sgd.sampling %s: the landscape %s has no number of samples that could be drawn once only: its batches "
        "are independent draws, as with_replacement",
        sgd->sampling, SgdLandscapeFamily(s->landscape));
  if (sgd->draw != SGD_DRAW_EPOCH) return PETSC_SUCCESS;
  return SgdWarn(SgdCaseComm(s->kase),
                 "sgd.sampling epoch: the densities take the batches of an epoch as independent of each "
                 "other, which they are not; the command sample follows the epochs");
}

static PetscErrorCode Slice(SgdWork *work, const SgdReference *r, SgdSliceStage *slice, SgdModels *models) {
  SgdSections *s = work->sections;
  const SgdSgdOptions *sgd = s->settings.sgd;
  const SgdModelsContext context = {
      .kase = s->kase, .landscape = s->landscape, .sgd = sgd, .slice = slice, .nodes = s->slice->nodes};

  PetscFunctionBegin;
  PetscCall(SgdStagePush("Slice"));
  PetscCall(SgdSliceStageCreate(s->kase, s->slice, &s->settings, r, work->from, slice));
  PetscCall(SgdSliceStageView(slice, sgd->learning_rate, s->slice->refresh));
  PetscCall(SgdModelsCreate(&context, &s->models, slice->grid, models));
  PetscCall(SgdModelsViewFields(models));
  PetscCall(SgdSliceStageViewNoise(slice, r, sgd));
  PetscCall(SgdStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdPrepareModels(SgdWork *work, const SgdReference *r, SgdSliceStage *slice, SgdModels *models) {
  PetscFunctionBegin;
  PetscCall(Slice(work, r, slice, models));
  PetscCall(WarnOfDraws(work->sections));
  PetscCall(SgdStagePush("Models"));
  PetscCall(SgdModelsSetUp(models));
  PetscCall(SgdModelsCheckAny(models));
  PetscCall(SgdModelsView(models));
  PetscCall(SgdStagePop());
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdBeginFolder(SgdWork *work) {
  const SgdInvocation *v = work->invocation;
  const SgdCase c = work->sections->kase;

  PetscFunctionBegin;
  PetscCall(SgdClaimClear(c, work->folder, v->command));
  PetscCall(SgdOutputCase(work->folder, c, v->argc, v->argv));
  PetscCall(SgdStatusBegin(SgdCaseComm(c), work->folder, v->command, work->sections->settings.sgd->steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdWriteHead(SgdWork *work, const SgdReference *r, const SgdSliceStage *slice) {
  const SgdInvocation *v = work->invocation;
  const MPI_Comm comm = SgdCaseComm(work->sections->kase);

  PetscFunctionBegin;
  if (work->from) {
    PetscCall(SgdOutputRestart(work->folder, comm, v->argc, v->argv));
    PetscCall(SgdStatusBegin(comm, work->folder, v->command, work->sections->settings.sgd->steps));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  PetscCall(SgdBeginFolder(work));
  if (r->spectrum) PetscCall(SgdSpectrumWrite(r->spectrum, comm, work->folder));
  if (slice && slice->co_moving) PetscCall(SgdCoMovingWrite(slice->co_moving, &slice->schedule, comm, work->folder));
  PetscFunctionReturn(PETSC_SUCCESS);
}
