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

PetscErrorCode SgdReferenceShapeNoise(SgdReference *r, SgdCase c) {
  const size_t P = (size_t)SgdLandscapeDimension(r->landscape);
  const int *mode;
  const PetscInt modes = SgdLandscapeNoiseModes(r->landscape, &mode);
  double *V;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1((size_t)modes * P, &V));
  for (PetscInt m = 0; m < modes; m++) {
    SgdCaseCheck(c, mode[m] <= r->spectrum->count, "noise",
                 "mode %d: there is no such one among the %d computed (section spectrum)", mode[m], r->spectrum->count);
    PetscCall(SgdSpectrumWhole(r->spectrum, mode[m] - 1, V + (size_t)m * P));
  }
  PetscCall(SgdLandscapeShapeNoise(r->landscape, V));
  PetscCall(PetscFree(V));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdReferenceSpectrum(SgdReference *r, SgdCase c, const SgdSpectrumOptions *o, const SgdSgdOptions *sgd) {
  PetscFunctionBegin;
  PetscCall(SgdSpectrumObtain(c, r->landscape, r->w_ref, o, &r->spectrum));
  PetscCall(SgdReferenceShapeNoise(r, c));
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
