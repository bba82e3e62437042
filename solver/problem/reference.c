#include "solver/problem/reference.h"
#include "cases/base/package.h"
#include "solver/problem/problem_checkpoint.h"

PetscErrorCode SgdReferenceFind(SgdLandscape l, const SgdTrainingOptions *o, SgdCheckpoint from, SgdReference *r) {
  const PetscInt P = SgdLandscapeDimension(l);

  PetscFunctionBegin;
  *r = (SgdReference){.landscape = l};
  PetscCall(PetscMalloc1(P, &r->w_ref));
  if (from)
    PetscCall(SgdCheckpointReferencePoint(from, P, r->w_ref));
  else
    SgdLogged(SGD_Training, SgdTrainingRun(l, o, r->w_ref, &r->trained));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdReferenceSpectrum(SgdReference *r, SgdCase c, const SgdSpectrumOptions *o, const SgdSgdOptions *sgd) {
  PetscFunctionBegin;
  PetscCall(SgdSpectrumObtain(c, r->landscape, r->w_ref, o, &r->spectrum));
  SgdLogged(SGD_ModeNoise, SgdSpectrumNoise(r->spectrum, r->landscape, r->w_ref, sgd->learning_rate, sgd->batch_size,
                                            SgdSettingsSampling(sgd), sgd->steps));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdReferenceView(const SgdReference *r) {
  return SgdTrainedView(&r->trained, SgdLandscapeComm(r->landscape));
}

PetscErrorCode SgdReferenceDestroy(SgdReference *r) {
  PetscFunctionBegin;
  PetscCall(SgdSpectrumDestroy(&r->spectrum));
  PetscCall(PetscFree(r->w_ref));
  PetscFunctionReturn(PETSC_SUCCESS);
}
