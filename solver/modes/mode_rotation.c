#include "solver/modes/mode_rotation.h"
#include "solver/hessian/spectrum_vectors.h"
#include "cases/base/blas.h"
#include "solver/output/text_files.h"

/* The sharpest eigenpairs at w, fewer where there are fewer: only them, and no density. */
static PetscErrorCode Sharpest(SgdLandscape l, const double *w, const SgdSpectrumOptions *given, int modes,
                               SgdSpectrum *s) {
  SgdSpectrumOptions o = *given;

  PetscFunctionBegin;
  o.largest = modes;
  o.smallest = o.nearest_zero = 0;
  o.interval_count = 0;
  o.dense_check = false;
  o.density.probes = 0;
  PetscCall(SgdSpectrumCompute(l, w, &o, s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

/* dot [modes][modes] of the vectors of both, which lie alike over the ranks. */
static PetscErrorCode Overlaps(SgdSpectrum from, SgdSpectrum to, SgdModeRotation *r) {
  const size_t local = (size_t)from->shares->local;
  const int M = r->modes;
  double *dot;

  PetscFunctionBegin;
  PetscCall(PetscMalloc1(M * M, &dot));
  for (int k = 0; k < M; k++)
    for (int m = 0; m < M; m++)
      dot[k * M + m] = cblas_ddot((int)local, from->v + (size_t)k * local, 1, to->v + (size_t)m * local, 1);
  PetscCallMPI(MPI_Allreduce(MPI_IN_PLACE, dot, M * M, MPI_DOUBLE, MPI_SUM, from->shares->comm));
  for (int k = 0; k < M; k++) {
    double square = 0;
    for (int m = 0; m < M; m++) square += dot[k * M + m] * dot[k * M + m];
    r->own[k] = PetscAbsReal(dot[k * (M + 1)]);
    r->within[k] = sqrt(square);
    r->eigenvalue[k] = to->mode[k].eigenvalue;
  }
  PetscCall(PetscFree(dot));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeRotationCompute(SgdLandscape l, const double *w_ref, double eta, int steps,
                                      const SgdSpectrumOptions *o, int modes, SgdModeRotation *r) {
  SgdSpectrum from, to;
  SgdPath path;

  PetscFunctionBegin;
  *r = (SgdModeRotation){.steps = steps};
  PetscCall(PetscMalloc3(modes, &r->own, modes, &r->within, modes, &r->eigenvalue));
  PetscCall(SgdPathCreate(l, w_ref, eta, steps, steps, &path));
  PetscCall(Sharpest(l, w_ref, o, modes, &from));
  PetscCall(Sharpest(l, path->end, o, modes, &to));
  r->modes = PetscMin(modes, PetscMin(from->count, to->count));
  PetscCall(Overlaps(from, to, r));
  PetscCall(SgdSpectrumDestroy(&from));
  PetscCall(SgdSpectrumDestroy(&to));
  PetscCall(SgdPathDestroy(&path));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeRotationView(const SgdModeRotation *r, MPI_Comm comm) {
  PetscFunctionBegin;
  PetscCall(
      SgdSay(comm, "Sharpest eigenvectors after %d steps along the mean path: of v_1 .. v_%d", r->steps, r->modes));
  for (int k = 0; k < r->modes; k++) PetscCall(SgdSay(comm, "%s %.3f", k ? "," : ", |v(0).v(n)| =", r->own[k]));
  for (int k = 0; k < r->modes; k++)
    PetscCall(SgdSay(comm, "%s %.3f", k ? "," : "; in the span of all of them", r->within[k]));
  PetscCall(SgdSay(comm, "\n"));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeRotationWrite(int count, const SgdModeRotation r[], MPI_Comm comm, const char *folder) {
  FILE *f;

  PetscFunctionBegin;
  PetscCall(SgdOpenText(comm, folder, "modes_rotation.csv", &f));
  if (f) fputs("step,mode,eigenvalue,own,within\n", f);
  for (int i = 0; f && i < count; i++)
    for (int k = 0; k < r[i].modes; k++)
      fprintf(f, "%d,%d,%.17g,%.6g,%.6g\n", r[i].steps, k + 1, r[i].eigenvalue[k], r[i].own[k], r[i].within[k]);
  PetscCall(SgdCloseText(comm, folder, "modes_rotation.csv", &f));
  PetscFunctionReturn(PETSC_SUCCESS);
}

PetscErrorCode SgdModeRotationFree(SgdModeRotation *r) {
  return PetscFree3(r->own, r->within, r->eigenvalue);
}
