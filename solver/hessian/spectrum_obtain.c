#include "solver/hessian/spectrum_obtain.h"
#include "cases/base/package.h"
#include "solver/hessian/spectrum_file.h"

/* From the file, or computed and written to it. */
static PetscErrorCode ReadOrSolve(SgdLandscape l, const double *w, Mat H, const SgdSpectrumOptions *o, const char *key,
                                  SgdSpectrum *s) {
  const PetscBool distributed = SgdSpectrumDistributed(o, SgdLandscapeDimension(l));
  const MPI_Comm comm = SgdLandscapeComm(l);
  const char *why = NULL;

  PetscFunctionBegin;
  *s = NULL;
  if (*o->file) PetscCall(SgdSpectrumLoad(comm, o->file, key, H, distributed, s, &why));
  if (*s) {
    PetscCall(
        PetscSNPrintf((*s)->origin, sizeof(*s)->origin, "read from %s, which is of this case (%s)", o->file, key));
    PetscFunctionReturn(PETSC_SUCCESS);
  }
  SgdLogged(SGD_Spectrum, SgdSpectrumSolve(l, w, H, o, s));
  PetscCall(PetscStrncpy((*s)->key, key, sizeof(*s)->key));
  if (!*o->file) PetscFunctionReturn(PETSC_SUCCESS);
  PetscCall(SgdSpectrumSave(*s, comm, o->file));
  PetscCall(PetscSNPrintf((*s)->origin, sizeof(*s)->origin, "computed and written to %s (%s)", o->file, why));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdSpectrumObtain(SgdCase c, SgdLandscape l, const double *w, const SgdSpectrumOptions *o,
                                 SgdSpectrum *s) {
  SgdSpectralDensity density;
  char key[SGD_SPECTRUM_KEY];
  Mat H;

  PetscFunctionBegin;
  PetscCall(SgdSpectrumHessian(l, w, o, &H));
  PetscCall(SgdSpectrumKey(c, l, w, o, key));
  PetscCall(SgdSpectrumDensity(H, SgdLandscapeComm(l), o, &density));
  PetscCall(ReadOrSolve(l, w, H, o, key, s));
  SgdSpectrumComplete(*s, o, &density);
  PetscCall(MatDestroy(&H));
  PetscFunctionReturn(PETSC_SUCCESS);
}
