#include "solver/modes/mode_rotation.h"
#include "cases/base/blas.h"
#include "solver/output/text_files.h"

/* The sharpest eigenpairs at w: V [modes][P] and their values; fewer where there are fewer. */
static PetscErrorCode Sharpest(SgdLandscape l, const double *w, const SgdSpectrumOptions *given, int *modes, double *V,
                               double *eigenvalue) {
  const size_t P = (size_t)SgdLandscapeDimension(l);
  SgdSpectrumOptions o = *given;
  SgdSpectrum s;

  PetscFunctionBegin;
  o.largest = *modes;
  o.smallest = o.nearest_zero = 0;
  o.interval_count = 0;
  o.dense_check = false;
  o.density.probes = 0;
  PetscCall(SgdSpectrumCompute(l, w, &o, &s));
  *modes = PetscMin(*modes, s->count);
  for (int k = 0; k < *modes; k++) {
    PetscCall(SgdSpectrumWhole(s, k, V + (size_t)k * P));
    if (eigenvalue) eigenvalue[k] = s->mode[k].eigenvalue;
  }
  PetscCall(SgdSpectrumDestroy(&s));
  PetscFunctionReturn(PETSC_SUCCESS);
}

static void Overlaps(int P, SgdModeRotation *r, const double *from, const double *to) {
  for (int k = 0; k < r->modes; k++) {
    double square = 0;
    for (int m = 0; m < r->modes; m++) {
      const double dot = cblas_ddot(P, from + (size_t)k * (size_t)P, 1, to + (size_t)m * (size_t)P, 1);
      square += dot * dot;
      if (m == k) r->own[k] = PetscAbsReal(dot);
    }
    r->within[k] = sqrt(square);
  }
}

PetscErrorCode SgdModeRotationCompute(SgdLandscape l, const double *w_ref, double eta, int steps,
                                      const SgdSpectrumOptions *o, int modes, SgdModeRotation *r) {
  const size_t P = (size_t)SgdLandscapeDimension(l);
  double *from, *to;
  SgdPath path;

  PetscFunctionBegin;
  *r = (SgdModeRotation){.steps = steps, .modes = modes};
  PetscCall(PetscMalloc3(modes, &r->own, modes, &r->within, modes, &r->eigenvalue));
  PetscCall(PetscMalloc2((size_t)modes * P, &from, (size_t)modes * P, &to));
  PetscCall(SgdPathCreate(l, w_ref, eta, steps, steps, &path));
  PetscCall(Sharpest(l, w_ref, o, &r->modes, from, NULL));
  PetscCall(Sharpest(l, path->end, o, &r->modes, to, r->eigenvalue));
  Overlaps((int)P, r, from, to);
  PetscCall(SgdPathDestroy(&path));
  PetscCall(PetscFree2(from, to));
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
